use spandrel::traced;

#[traced(db(system = postgres, opration = "SELECT", batch_size = "two"))]
fn find() {}

#[traced(genai(operation = chatt, provider = openai, system = openai))]
fn answer() {}

#[traced(messaging(system = other))]
fn publish() {}

#[traced(rpc(system = grpc, service = "Orders", method = method))]
fn call(method: &str) {
    let _ = method;
}

fn main() {
    find();
    answer();
    publish();
    call("Place");
}
