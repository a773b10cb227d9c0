use std::time::Duration;

use spandrel::{Outcome, functions, timed, traced};

const SLOW: Duration = Duration::from_secs(60);

#[timed(slow = SLOW, slo(latency = "1m", target = 0.99), slo(errors, target = 0.9))]
fn parse(text: &str) -> Result<u8, std::num::ParseIntError> {
    text.parse()
}

#[traced(fields(id))]
#[timed(name = "orders.place.duration", labels(region = region(), retry), max_label_sets = 2)]
fn place(id: u8, retry: bool) -> u8 {
    id + u8::from(retry)
}

fn region() -> String {
    "eu".to_owned()
}

struct Orders;

#[timed(labels(kind = "order"))]
impl Orders {
    fn take(self) {}

    #[spandrel::counted]
    fn look(&self) -> &Self {
        self
    }

    #[timed(skip)]
    fn skipped(&self) {}
}

fn main() {
    let _ = (parse("1"), parse("x"), parse("2"));
    place(1, false);
    place(1, true);
    Orders.skipped();
    Orders.look().skipped();
    Orders.take();

    let functions = functions();
    let of = |name| functions.iter().find(|function| function.name() == name).unwrap();
    let parse = of("parse").statistics().unwrap();
    assert_eq!((parse.calls(Outcome::Ok), parse.calls(Outcome::Error)), (2, 1));
    assert_eq!(parse.objectives().map(|objective| objective.good()).collect::<Vec<_>>(), [2, 2]);
    assert_eq!(of("place").statistics().unwrap().total(), 2);
    assert_eq!(of("Orders::take").statistics().unwrap().total(), 1);
    assert!(of("Orders::look").policies().eq(["timed"]));
    assert!(functions.iter().all(|function| function.name() != "Orders::skipped"));
}
