use spandrel::{
    metrics::{Counter, LabelValue, Labels},
    testing,
};

#[derive(Labels)]
struct Sale<'s, C> {
    region: Region,
    #[label("http.route")]
    route: &'s str,
    r#type: String,
    express: bool,
    voucher: Option<&'s str>,
    count: C,
    #[label(skip)]
    #[expect(dead_code, reason = "no label")]
    id: u64,
}

#[derive(Clone, Copy, LabelValue)]
enum Region {
    NorthEast,
    #[label("elsewhere")]
    Other,
}

#[derive(Labels)]
struct Nothing {}

static ORDERS: Counter = Counter::new("orders.created", "Orders created");

fn main() {
    let sale = |region| Sale {
        region,
        route: "/orders",
        r#type: "book".to_owned(),
        express: true,
        voucher: None,
        count: 2_u8,
        id: 17,
    };

    ORDERS.with(&sale(Region::NorthEast)).add(1);
    ORDERS.with(&sale(Region::Other)).add(2);
    ORDERS.with(&Nothing {}).add(4);

    let labels = |region| {
        (
            ("http.route", "/orders"),
            (("region", region), (("type", "book"), (("express", true), ("count", 2)))),
        )
    };
    let metrics = testing::metrics();
    assert_eq!(metrics.count("orders.created", &labels("north_east")), Some(1.0));
    assert_eq!(metrics.count("orders.created", &labels("elsewhere")), Some(2.0));
    assert_eq!(metrics.count("orders.created", &()), Some(4.0));
}
