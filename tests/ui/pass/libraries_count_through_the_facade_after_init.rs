use spandrel::testing;

fn main() {
    let telemetry = spandrel::builder!().enabled(false).init().unwrap();

    metrics::describe_counter!("requests_total", metrics::Unit::Count, "Requests");
    metrics::counter!("requests_total", "route" => "/orders").increment(2);

    let counted = testing::metrics().count("requests_total", &[("route", "/orders")]);
    assert_eq!(counted, Some(2.0));
    drop(telemetry);
}
