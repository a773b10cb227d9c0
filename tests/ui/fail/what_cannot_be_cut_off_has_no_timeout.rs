use spandrel::{circuit_breaker, retry, timeout};

#[timeout("2s")]
fn find() -> Result<u64, ()> {
    Ok(1)
}

#[timeout("2s", sync = cooperative)]
async fn load() -> Result<u64, ()> {
    Ok(1)
}

#[circuit_breaker]
fn serve() -> ! {
    loop {}
}

#[track_caller]
#[retry]
fn place() -> Result<u64, ()> {
    Ok(1)
}

#[retry]
fn later() -> impl Future<Output = Result<u64, ()>> {
    std::future::ready(Ok(1))
}

#[timeout("2s", observe, sync = cooperative)]
fn scan() -> Result<u64, ()> {
    Ok(1)
}

fn main() {
    let _ = (find(), load(), place(), later(), scan());
    serve();
}
