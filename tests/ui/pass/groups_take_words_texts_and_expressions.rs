#![deny(warnings, clippy::pedantic)]

use spandrel::traced;

const TABLE: &str = "orders";

struct Store {
    system: String,
}

#[traced(db(system = sqlite, namespace = "shop"))]
impl Store {
    #[traced(db(system = other(self.system.as_str()), operation = "SELECT", collection = TABLE))]
    fn find(&self, id: u64) -> Option<u64> {
        Some(id)
    }

    #[traced(db(query = statement, rows = |rows| rows.len()))]
    fn run(&self, statement: &str) -> Vec<u8> {
        statement.bytes().collect()
    }

    fn ping(&self) -> usize {
        self.system.len()
    }
}

#[traced(genai(provider = "openai", operation = other("moderate"), model = %model, stream = false, top_p = 0.5))]
async fn moderate(model: std::fmt::Arguments<'_>) -> usize {
    model.to_string().len()
}

#[traced(vector_search(system = other("own"), query_length = query.len(), distance = dot_product))]
fn search(query: &str) -> std::pin::Pin<Box<dyn Future<Output = usize> + Send + '_>> {
    Box::pin(async move { query.len() })
}

#[traced(messaging(system = aws_sqs, operation = "receive", destination = queue, batch_size = 10))]
fn receive<Q: AsRef<str>>(queue: &str, _kind: Q) -> usize {
    queue.len()
}

#[traced(kind = server, rpc(system = jsonrpc, method = method, status = |_| "OK"), error_if = |n| *n > 9)]
fn serve(method: &str) -> usize {
    method.len()
}

fn main() {
    let store = Store { system: "duckdb".to_owned() };
    store.find(1);
    store.run("SELECT 1");
    store.ping();
    drop(moderate(format_args!("m")));
    drop(search("q"));
    receive("q", "k");
    serve("m");
}
