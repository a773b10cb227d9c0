//! Groups of options that follow a convention: what they put on a span, and what it is called.

use spandrel::{
    Outcome, SpanKind, genai,
    testing::{self, Metrics},
    trace::{SpanData, sampler::Sampler},
    traced,
};

/// The one span that a closure leaves.
fn only<R>(run: impl FnOnce() -> R) -> SpanData {
    let capture = testing::capture();
    capture.run(run);
    let mut spans = capture.spans();
    assert_eq!(spans.len(), 1, "{spans:?}");
    spans.remove(0)
}

fn attribute(span: &SpanData, key: &str) -> String {
    span.attribute(key).map(ToString::to_string).unwrap_or_default()
}

#[test]
fn a_database_call_says_what_it_does_and_where() {
    #[traced(db(
        system = postgresql,
        operation = "SELECT",
        collection = table,
        namespace = "shop",
        server_port = 6432,
        rows = Vec::len,
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

#[traced(db(system = postgresql, query = statement))]
fn postgresql(statement: &str) -> usize {
    statement.len()
}

#[traced(db(system = other_sql, query = statement))]
fn unknown(statement: &str) -> usize {
    statement.len()
}

#[test]
fn a_statement_that_comes_again_is_recorded_as_it_was() {
    let said = |run: &dyn Fn() -> usize| {
        let span = only(run);
        let text = attribute(&span, "db.query.text");
        (text, attribute(&span, "db.query.summary"), span.name.to_string())
    };

    for (statement, text, summary) in [
        (
            "INSERT INTO orders (id, item)\n  VALUES ($1, $2)",
            "INSERT INTO orders (id, item) VALUES ($1, $2)",
            "INSERT orders",
        ),
        ("UPDATE a SET b = $1", "UPDATE a SET b = $1", "UPDATE a"),
        ("SELECT größe FROM maße, b", "SELECT größe FROM maße, b", "SELECT maße b"),
        ("SELECT a FROM b WHERE c = 'one'", "SELECT a FROM b WHERE c = ?", "SELECT b"),
        ("SELECT a FROM b WHERE c = 'two'", "SELECT a FROM b WHERE c = ?", "SELECT b"),
        ("SELECT a FROM b WHERE c = ?", "SELECT a FROM b WHERE c = ?", "SELECT b"),
    ] {
        let expected = (text.to_owned(), summary.to_owned(), summary.to_owned());
        for _ in 0..3 {
            assert_eq!(said(&|| postgresql(statement)), expected);
            assert_eq!(said(&|| unknown(statement)), expected);
        }
    }
    // A name in one database and maybe a text in another, whichever was asked first.
    let statement = "SELECT a FROM b WHERE c = \"d\"";
    for _ in 0..2 {
        assert_eq!(said(&|| postgresql(statement)).0, statement);
        assert_eq!(said(&|| unknown(statement)).0, "SELECT a FROM b WHERE c = ?");
    }
}

#[test]
fn a_database_that_is_named_tells_where_the_values_of_a_statement_are() {
    #[traced(db(system = mysql, query = statement))]
    fn mysql(statement: &str) -> usize {
        statement.len()
    }

    let statement = "SELECT \"a\" FROM b WHERE c = 'it\\'s', d";
    let texts = [only(|| mysql(statement)), only(|| unknown(statement))];
    let texts = texts.map(|span| attribute(&span, "db.query.text"));
    assert_eq!(texts, ["SELECT ? FROM b WHERE c = ?, d", "SELECT ? FROM b WHERE c = ?"]);

    let span = only(|| postgresql("SELECT \"a\" FROM b WHERE c = 'C:\\' AND d = 1"));
    assert_eq!(attribute(&span, "db.query.text"), "SELECT \"a\" FROM b WHERE c = ? AND d = ?");
    assert_eq!(attribute(&span, "db.query.summary"), "SELECT b");
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

/// What a histogram has recorded under exactly these labels: how often, and the sum.
fn recorded(metrics: &Metrics, name: &str, labels: &[(&str, &str)]) -> (u64, f64) {
    metrics.distribution(name, labels).map_or((0, 0.0), |found| (found.count, found.sum))
}

#[test]
fn calls_of_a_database_are_measured_whether_or_not_they_are_recorded() {
    #[traced(db(system = clickhouse, operation = "SELECT", collection = table, namespace = "n"))]
    fn find(table: &str, fails: bool) -> Result<usize, std::num::ParseIntError> {
        if fails { table.parse() } else { Ok(table.len()) }
    }
    let before = testing::metrics();
    let capture = testing::builder().sampler(Sampler::always_off()).capture();

    capture.run(|| {
        let _ = (find("a", false), find("a", false), find("a", true), find("b", false));
    });

    assert!(capture.spans().is_empty());
    let added = testing::metrics().since(&before);
    let duration = "db.client.operation.duration";
    let of = |table, error: Option<(&'static str, &'static str)>| {
        let labels = [
            ("db.system.name", "clickhouse"),
            ("db.operation.name", "SELECT"),
            ("db.namespace", "n"),
            ("db.collection.name", table),
        ];
        let labels: Vec<_> = labels.into_iter().chain(error).collect();
        recorded(&added, duration, &labels).0
    };
    let error = ("error.type", std::any::type_name::<std::num::ParseIntError>());
    assert_eq!((of("a", None), of("b", None), of("a", Some(error))), (2, 1, 1));
}

#[test]
fn panics_and_cancelled_calls_are_measured_as_such() {
    #[traced(messaging(system = jms, operation = process, destination = "q"))]
    fn handle() {
        panic!("as intended");
    }
    #[traced(messaging(system = jms, operation = receive, destination = "q"))]
    async fn receive() {
        std::future::pending::<()>().await;
    }
    let before = testing::metrics();

    let _ = std::panic::catch_unwind(handle);
    let mut receiving = Box::pin(receive());
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(receiving.as_mut().poll(&mut context).is_pending());
    drop(receiving);

    let added = testing::metrics().since(&before);
    let of = |metric: &str, operation, error| {
        let labels = [
            ("messaging.system", "jms"),
            ("messaging.operation.type", operation),
            ("messaging.operation.name", operation),
            ("messaging.destination.name", "q"),
            ("error.type", error),
        ];
        recorded(&added, metric, &labels).0
    };
    assert_eq!(of("messaging.process.duration", "process", "panicked"), 1);
    assert_eq!(of("messaging.client.operation.duration", "receive", "cancelled"), 1);
}

#[test]
fn calls_of_services_are_measured_on_their_side() {
    #[traced(rpc(system = dubbo, method = "a/B"), error_if = |answer| *answer > 1)]
    fn call() -> u8 {
        2
    }
    #[traced(kind = server, rpc(system = dubbo, method = "a/B"))]
    fn serve() {}
    let before = testing::metrics();

    call();
    serve();

    let added = testing::metrics().since(&before);
    let labels = [("rpc.system.name", "dubbo"), ("rpc.method", "a/B")];
    let failed = [labels[0], labels[1], ("error.type", "error_if")];
    assert_eq!(recorded(&added, "rpc.client.call.duration", &failed).0, 1);
    assert_eq!(recorded(&added, "rpc.server.call.duration", &labels).0, 1);
}

/// The labels of operations of one model, and more.
fn of_model<'l>(model: &'l str, more: &[(&'l str, &'l str)]) -> Vec<(&'l str, &'l str)> {
    let own = [
        ("gen_ai.operation.name", "chat"),
        ("gen_ai.provider.name", "groq"),
        ("gen_ai.request.model", model),
    ];
    own.into_iter().chain(more.iter().copied()).collect()
}

#[spandrel::test]
async fn what_a_model_says_is_measured_and_recorded(test: testing::Test) {
    #[traced(genai(provider = groq, operation = chat, model = model))]
    async fn answer(model: &str) -> usize {
        tokio::task::yield_now().await;
        genai::first_chunk();
        genai::first_chunk();
        tokio::task::yield_now().await;
        genai::response_model("large-2026");
        genai::usage(12, 340);
        model.len()
    }
    let before = testing::metrics();

    answer("large").await;

    let added = testing::metrics().since(&before);
    let first =
        recorded(&added, "gen_ai.client.operation.time_to_first_chunk", &of_model("large", &[]));
    assert_eq!(first.0, 1);
    let answered = ("gen_ai.response.model", "large-2026");
    for (kind, tokens) in [("input", 12.0), ("output", 340.0)] {
        let labels = of_model("large", &[("gen_ai.token.type", kind), answered]);
        assert_eq!(recorded(&added, "gen_ai.client.token.usage", &labels), (1, tokens));
    }
    let labels = of_model("large", &[answered]);
    let (count, seconds) = recorded(&added, "gen_ai.client.operation.duration", &labels);
    assert!(count == 1 && seconds > 0.0 && seconds >= first.1, "{count} {seconds}");
    let span = test.span("chat large");
    for (key, value) in [
        ("gen_ai.usage.input_tokens", "12"),
        ("gen_ai.usage.output_tokens", "340"),
        ("gen_ai.response.model", "large-2026"),
    ] {
        assert_eq!(attribute(&span, key), value);
    }
    assert!(!attribute(&span, "gen_ai.response.time_to_first_chunk").is_empty());
}

#[test]
fn attributes_that_a_body_sets_by_hand_are_measured_too() {
    #[traced(genai(provider = groq, operation = chat, model = "by-hand"))]
    fn answer() {
        let span = spandrel::Span::current();
        span.set("gen_ai.usage.input_tokens", 3_u32);
        span.set("gen_ai.usage.output_tokens", 4);
        span.set("gen_ai.other", "text");
    }
    let before = testing::metrics();

    // Within a trace that is not recorded, and without one.
    let capture = testing::builder().sampler(Sampler::always_off()).capture();
    capture.run(answer);
    answer();
    spandrel::Span::current().set("gen_ai.usage.input_tokens", 1_000);

    let added = testing::metrics().since(&before);
    for (kind, tokens) in [("input", 6.0), ("output", 8.0)] {
        let labels = of_model("by-hand", &[("gen_ai.token.type", kind)]);
        assert_eq!(recorded(&added, "gen_ai.client.token.usage", &labels), (2, tokens), "{kind}");
    }
}

#[test]
fn a_total_that_runs_is_measured_once() {
    #[traced(genai(provider = groq, operation = chat, model = "running"))]
    fn answer() {
        for chunk in 1..=5_u64 {
            spandrel::Span::current().set("gen_ai.usage.output_tokens", chunk * 10);
        }
        genai::response_model("running-2026");
    }
    let before = testing::metrics();

    answer();

    let added = testing::metrics().since(&before);
    let more = [("gen_ai.token.type", "output"), ("gen_ai.response.model", "running-2026")];
    let labels = of_model("running", &more);
    assert_eq!(recorded(&added, "gen_ai.client.token.usage", &labels), (1, 50.0));
}

#[spandrel::test]
fn the_first_item_of_a_stream_is_the_first_chunk(_test: testing::Test) {
    #[traced(genai(provider = groq, operation = chat, model = "streaming", stream))]
    fn answer() -> impl futures_core::Stream<Item = u8> {
        Items(3)
    }
    let before = testing::metrics();

    let mut stream = Box::pin(answer());
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let mut items = 0;
    while let std::task::Poll::Ready(Some(_)) =
        futures_core::Stream::poll_next(stream.as_mut(), &mut context)
    {
        items += 1;
    }

    assert_eq!(items, 3);
    let added = testing::metrics().since(&before);
    let labels = of_model("streaming", &[]);
    for metric in
        ["gen_ai.client.operation.time_to_first_chunk", "gen_ai.client.operation.duration"]
    {
        assert_eq!(recorded(&added, metric, &labels).0, 1, "{metric}");
    }
}

/// So many items.
struct Items(u8);

impl futures_core::Stream for Items {
    type Item = u8;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<u8>> {
        self.0 = self.0.wrapping_sub(1);
        std::task::Poll::Ready((self.0 != u8::MAX).then_some(self.0))
    }
}

#[spandrel::test]
fn tools_are_measured_by_name(test: testing::Test) {
    let before = testing::metrics();

    genai::tool("weather of groups").end();
    genai::tool("weather of groups").fail("timeout");

    let added = testing::metrics().since(&before);
    let labels =
        [("gen_ai.operation.name", "execute_tool"), ("gen_ai.tool.name", "weather of groups")];
    let failed = [labels[0], labels[1], ("error.type", "timeout")];
    assert_eq!(recorded(&added, "gen_ai.execute_tool.duration", &labels).0, 1);
    assert_eq!(recorded(&added, "gen_ai.execute_tool.duration", &failed).0, 1);
    let spans = test.find("execute_tool weather of groups");
    assert_eq!(spans.len(), 2);
    assert_eq!(attribute(&spans[1], "error.type"), "timeout");
}

#[spandrel::test]
fn a_tool_that_nobody_ends_did_not_go_well(test: testing::Test) {
    fn failing() -> Result<(), std::num::ParseIntError> {
        let tool = genai::tool("unended of groups");
        tool.in_scope(|| "x".parse::<u8>())?;
        tool.end();
        Ok(())
    }
    let before = testing::metrics();

    assert!(failing().is_err());
    let panics = || genai::tool("unended of groups").in_scope(|| panic!("on purpose"));
    assert!(std::panic::catch_unwind(panics).is_err());

    let added = testing::metrics().since(&before);
    let spans = test.find("execute_tool unended of groups");
    let outcomes: Vec<_> = spans.iter().map(|span| span.outcome).collect();
    assert_eq!(outcomes, [Outcome::Cancelled, Outcome::Panicked]);
    for error in ["cancelled", "panicked"] {
        let labels = [
            ("gen_ai.operation.name", "execute_tool"),
            ("gen_ai.tool.name", "unended of groups"),
            ("error.type", error),
        ];
        assert_eq!(recorded(&added, "gen_ai.execute_tool.duration", &labels).0, 1, "{error}");
    }
}
