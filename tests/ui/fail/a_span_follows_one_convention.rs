use spandrel::traced;

#[traced(db(system = redis), rpc(system = grpc))]
fn both() {}

#[traced(db(system = redis), fields("db.system.name" = "valkey"))]
fn twice() {}

#[traced(db(operation = "GET"))]
fn nowhere() {}

#[traced(db)]
fn nothing() {}

#[traced(db(system = redis, rows = |rows| rows.len()))]
fn never() -> ! {
    loop {}
}

fn main() {
    both();
    twice();
    nowhere();
    nothing();
    never();
}
