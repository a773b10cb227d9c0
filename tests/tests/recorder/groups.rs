//! Groups of options that follow a convention: what they put on a span, and what it is called.

use spandrel::{SpanKind, testing, trace::SpanData, traced};

/// The one span that a closure leaves.
fn only<R>(run: impl FnOnce() -> R) -> SpanData {
    let capture = testing::capture();
    capture.run(run);
    let mut spans = capture.spans();
    assert_eq!(spans.len(), 1, "{spans:?}");
    spans.remove(0)
}

fn attribute(span: &SpanData, key: &str) -> String {
    span.attribute(key).map(|value| value.to_string()).unwrap_or_default()
}

#[test]
fn a_database_call_says_what_it_does_and_where() {
    #[traced(db(
        system = postgresql,
        operation = "SELECT",
        collection = table,
        namespace = "shop",
        server_port = 6432,
        rows = |rows| rows.len(),
    ))]
    fn find(table: &str) -> Vec<usize> {
        vec![table.len()]
    }

    let span = only(|| find("orders"));

    assert_eq!((span.name.as_ref(), span.kind), ("SELECT orders", SpanKind::Client));
    for (key, value) in [
        ("db.system.name", "postgresql"),
        ("db.operation.name", "SELECT"),
        ("db.collection.name", "orders"),
        ("db.namespace", "shop"),
        ("server.port", "6432"),
        ("db.response.returned_rows", "1"),
    ] {
        assert_eq!(attribute(&span, key), value, "{key}");
    }
}

#[test]
fn a_statement_is_recorded_without_its_values_and_names_the_span() {
    #[traced(db(system = mysql, query = statement))]
    fn run(statement: &str) -> usize {
        statement.len()
    }

    let span = only(|| run("DELETE FROM `cards` WHERE number = \"4111 1111\" AND id IN (1, 2)"));

    assert_eq!(span.name, "DELETE `cards`");
    assert_eq!(attribute(&span, "db.query.summary"), "DELETE `cards`");
    let text = "DELETE FROM `cards` WHERE number = ? AND id IN (?)";
    assert_eq!(attribute(&span, "db.query.text"), text);
}

#[test]
fn an_operation_of_a_model_is_named_after_it() {
    struct Config {
        model: Option<String>,
    }

    #[traced(genai(provider = aws.bedrock, operation = chat, model = config.model, stream, max_tokens = 100, temperature = 0.5))]
    fn answer(config: &Config) -> bool {
        config.model.is_some()
    }

    let named = only(|| answer(&Config { model: Some("large".to_owned()) }));
    let nameless = only(|| answer(&Config { model: None }));

    assert_eq!((named.name.as_ref(), nameless.name.as_ref()), ("chat large", "chat"));
    assert_eq!(named.kind, SpanKind::Client);
    for (key, value) in [
        ("gen_ai.provider.name", "aws.bedrock"),
        ("gen_ai.operation.name", "chat"),
        ("gen_ai.request.model", "large"),
        ("gen_ai.request.stream", "true"),
        ("gen_ai.request.max_tokens", "100"),
        ("gen_ai.request.temperature", "0.5"),
    ] {
        assert_eq!(attribute(&named, key), value, "{key}");
    }
    assert_eq!(nameless.attribute("gen_ai.request.model"), None);
}

#[test]
fn a_tool_is_executed_within_the_program() {
    #[traced(genai(operation = "execute_tool", tool = "weather"))]
    fn weather() {}

    let span = only(weather);

    assert_eq!((span.name.as_ref(), span.kind), ("execute_tool weather", SpanKind::Internal));
}

#[test]
fn messages_are_produced_and_consumed() {
    #[traced(messaging(system = kafka, operation = send, destination = "orders", batch_size = orders.len()))]
    fn publish(orders: &[u8]) -> usize {
        orders.len()
    }
    #[traced(messaging(system = other("nats"), operation = process, operation_name = "handle", template = "orders.{}"))]
    fn handle() {}
    #[traced(messaging(system = rabbitmq, operation = settle, operation_name = "ack"))]
    fn settle() {}

    let (sent, handled, settled) = (only(|| publish(&[1, 2])), only(handle), only(settle));

    assert_eq!((sent.name.as_ref(), sent.kind), ("send orders", SpanKind::Producer));
    assert_eq!(attribute(&sent, "messaging.operation.name"), "send");
    assert_eq!(attribute(&sent, "messaging.batch.message_count"), "2");
    assert_eq!((handled.name.as_ref(), handled.kind), ("handle orders.{}", SpanKind::Consumer));
    assert_eq!(attribute(&handled, "messaging.system"), "nats");
    assert_eq!(attribute(&handled, "messaging.operation.type"), "process");
    assert_eq!((settled.name.as_ref(), settled.kind), ("ack", SpanKind::Client));
}

#[test]
fn a_remote_call_is_named_after_its_method() {
    #[traced(rpc(system = grpc, service = "shop.Orders", method = "Place", status = |r| if *r { "OK" } else { "NOT_FOUND" }))]
    fn place() -> bool {
        false
    }
    #[traced(kind = server, rpc(system = jsonrpc, method = method))]
    fn serve(method: &str) -> usize {
        method.len()
    }

    let (placed, served) = (only(place), only(|| serve("orders.place")));

    assert_eq!((placed.name.as_ref(), placed.kind), ("shop.Orders/Place", SpanKind::Client));
    assert_eq!(attribute(&placed, "rpc.method"), "shop.Orders/Place");
    assert_eq!(attribute(&placed, "rpc.response.status_code"), "NOT_FOUND");
    assert_eq!((served.name.as_ref(), served.kind), ("orders.place", SpanKind::Server));
    assert_eq!(attribute(&served, "rpc.system.name"), "jsonrpc");
}

#[test]
fn a_vector_search_says_how_much_was_asked_and_found() {
    #[traced(vector_search(
        system = qdrant,
        collection = "articles",
        query_length = query.len(),
        top_k = 10,
        distance = cosine,
        results = |found: &Vec<u8>| found.len(),
    ))]
    fn search(query: &str) -> Vec<u8> {
        vec![0; query.len()]
    }

    let span = only(|| search("abc"));

    assert_eq!((span.name.as_ref(), span.kind), ("search articles", SpanKind::Client));
    assert_eq!(attribute(&span, "db.vector.query.length"), "3");
    assert_eq!(attribute(&span, "db.vector.query.top_k"), "10");
    assert_eq!(attribute(&span, "db.response.returned_rows"), "3");
}

#[test]
fn a_block_says_what_its_functions_share() {
    struct Orders;

    #[traced(db(system = sqlite, namespace = "shop"))]
    impl Orders {
        #[traced(db(operation = "INSERT", collection = "orders"))]
        fn place(&self) {}

        #[traced(db(system = mariadb, operation = "PING"))]
        fn ping(&self) {}

        #[traced(rpc(system = grpc, method = "a/B"))]
        fn call(&self) {}
    }

    let (placed, pinged) = (only(|| Orders.place()), only(|| Orders.ping()));
    let called = only(|| Orders.call());

    assert_eq!(placed.name, "INSERT orders");
    assert_eq!(attribute(&placed, "db.system.name"), "sqlite");
    assert_eq!(attribute(&placed, "db.namespace"), "shop");
    assert_eq!(attribute(&pinged, "db.system.name"), "mariadb");
    assert_eq!(pinged.name, "PING shop");
    assert_eq!(called.attribute("db.system.name"), None);
}

#[test]
fn what_is_said_otherwise_counts() {
    #[traced(name = "load", kind = internal, db(system = sqlite, operation = "SELECT"))]
    fn load() {
        spandrel::Span::current().set("db.operation.name", "UPDATE");
    }

    let span = only(load);

    assert_eq!((span.name.as_ref(), span.kind), ("load", SpanKind::Internal));
    let values: Vec<_> =
        span.attributes.iter().filter(|(key, _)| key == "db.operation.name").collect();
    assert_eq!(values.len(), 1);
    assert_eq!(attribute(&span, "db.operation.name"), "UPDATE");
}

#[spandrel::test]
async fn what_is_asked_of_a_result_is_asked_of_an_async_function_too(test: testing::Test) {
    #[traced(db(system = sqlite, rows = |r: &Result<Vec<u8>, String>| r.as_ref().ok().map(Vec::len)))]
    async fn find(fails: bool) -> Result<Vec<u8>, String> {
        if fails { Err("locked".to_owned()) } else { Ok(vec![1, 2]) }
    }

    let _ = (find(false).await, find(true).await);

    let spans = test.spans();
    assert_eq!(attribute(&spans[0], "db.response.returned_rows"), "2");
    assert_eq!(spans[1].attribute("db.response.returned_rows"), None);
}
