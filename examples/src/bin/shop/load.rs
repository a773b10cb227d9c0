//! The customers: real HTTP requests, among them wrong ones and some that are given up.

use std::{
    collections::BTreeMap,
    fmt,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::{Duration, Instant},
};

use reqwest::{Client, StatusCode};

use super::{Result, orders::Wish};

/// Customers at a time.
const CUSTOMERS: u64 = 16;

/// What came back, and how often.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// How often each was given, and one visit to which it was.
    answers: BTreeMap<String, (u64, u64)>,
    times: Vec<Duration>,
}

/// Sends customers for so long.
pub(crate) async fn run(url: &str, length: Duration) -> Result<Seen> {
    let client = Client::builder().pool_max_idle_per_host(CUSTOMERS as usize).build()?;
    let (end, numbers) = (Instant::now() + length, AtomicU64::new(0));
    let customers = (0..CUSTOMERS).map(|_| async {
        let mut seen = Seen::default();
        while Instant::now() < end {
            let number = numbers.fetch_add(1, Relaxed);
            let began = Instant::now();
            let answer = visit(&client, url, number).await;
            seen.times.push(began.elapsed());
            seen.answers.entry(answer).or_insert((0, number)).0 += 1;
        }
        seen
    });
    let mut all = Seen::default();
    for seen in futures_util::future::join_all(customers).await {
        all.times.extend(seen.times);
        for (answer, (count, number)) in seen.answers {
            all.answers.entry(answer).or_insert((0, number)).0 += count;
        }
    }
    all.times.sort_unstable();
    Ok(all)
}

/// One visit: most buy, some look, a few are lost or in a hurry.
///
/// A visitor has a name, which stays with all that comes of the visit: see `X-Correlation-ID` in the
/// spans and log lines of both services.
async fn visit(client: &Client, url: &str, number: u64) -> String {
    let request = match number % 20 {
        8 => client.get(format!("{url}/orders/{}", number / 2)),
        18 => client.get(format!("{url}/orders/{}", 1_000_000 + number)),
        9 | 19 => client.get(format!("{url}/orders")),
        _ => client.post(format!("{url}/orders")).json(&Wish {
            item: ["tea", "cup", "pot"][number as usize % 3].to_owned(),
            pieces: (number % 5 + 1) as i64,
            card: "4111 1111 1111 1111".to_owned(),
        }),
    };
    let request = request.header("x-correlation-id", format!("visit-{number}"));
    let answer = async {
        let answer = request.send().await?;
        let status = answer.status();
        answer.bytes().await?;
        Ok::<StatusCode, reqwest::Error>(status)
    };
    let patience = Duration::from_millis(if number.is_multiple_of(97) { 1 } else { 10_000 });
    match tokio::time::timeout(patience, answer).await {
        Ok(Ok(status)) => status.as_u16().to_string(),
        Ok(Err(_)) => "no answer".to_owned(),
        Err(_) => "gave up".to_owned(),
    }
}

/// The shop's own figures of a service, as Prometheus would read them.
pub(crate) async fn metrics_of(url: &str) -> Result<String> {
    let text = reqwest::get(format!("{url}/metrics")).await?.error_for_status()?.text().await?;
    let shown = text.lines().filter(|line| {
        [
            "shop_orders",
            "shop_order_value_EUR_sum",
            "function_calls",
            "http_server_request_duration_seconds_count",
        ]
        .iter()
        .any(|shown| line.starts_with(shown))
    });
    Ok(shown.fold(String::new(), |text, line| text + "  " + line + "\n"))
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (answer, (count, number)) in &self.answers {
            writeln!(f, "  {answer:>9}  {count:>6}, such as visit-{number}")?;
        }
        let at = |share: f64| {
            let rank = (self.times.len() as f64 * share) as usize;
            self.times.get(rank).copied().unwrap_or_default()
        };
        writeln!(f, "  half of them within {:.1?}, 99 in 100 within {:.1?}", at(0.5), at(0.99))
    }
}
