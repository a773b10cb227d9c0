use metrics::{NoopRecorder, set_global_recorder};
use spandrel::{metrics_0_24, testing};

fn main() {
    set_global_recorder(NoopRecorder).unwrap();

    let telemetry = spandrel::builder!().enabled(false).init().unwrap();
    metrics::counter!("requests_total").increment(1);

    assert!(!metrics_0_24::install());
    assert_eq!(testing::metrics().count("requests_total", &()), None);
    drop(telemetry);
}
