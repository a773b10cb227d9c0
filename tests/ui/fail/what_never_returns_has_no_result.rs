use spandrel::traced;

#[traced(ret, err(Debug))]
fn serve() -> ! {
    loop {}
}

#[traced(error_if = |n| *n > 2)]
#[track_caller]
fn caller() -> u8 {
    3
}

fn main() {
    caller();
    serve();
}
