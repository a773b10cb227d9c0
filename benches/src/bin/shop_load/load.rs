//! The customers, each of whom waits for the answer before asking anew.

use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use reqwest::{Client, StatusCode};

use super::{Result, service::Wish};

/// How long each request took, the shortest first.
#[derive(Debug)]
pub(crate) struct Seen {
    times: Vec<Duration>,
    pub(crate) length: Duration,
}

impl Seen {
    pub(crate) fn count(&self) -> usize {
        self.times.len()
    }

    /// The time within which this share of the requests was answered.
    pub(crate) fn within(&self, share: f64) -> Duration {
        let rank = (self.count() as f64 * share) as usize;
        self.times.get(rank).or(self.times.last()).copied().unwrap_or_default()
    }
}

/// Sends customers for so long; fails if one of them is not served.
pub(crate) async fn run(url: &str, customers: usize, length: Duration) -> Result<Seen> {
    let client = Client::builder().pool_max_idle_per_host(customers).build()?;
    let began = Instant::now();
    let all = (0..customers).map(|customer| {
        let client = &client;
        async move {
            let mut times = Vec::new();
            let mut number = customer;
            while began.elapsed() < length {
                let asked = Instant::now();
                visit(client, url, number).await?;
                times.push(asked.elapsed());
                number += customers + 1;
            }
            Ok::<_, reqwest::Error>(times)
        }
    });
    let mut times = try_join_all(all).await?.concat();
    times.sort_unstable();
    Ok(Seen { times, length: began.elapsed() })
}

/// Of ten customers seven buy, two look for an order and one lists them.
async fn visit(client: &Client, url: &str, number: usize) -> Result<StatusCode, reqwest::Error> {
    let request = match number % 10 {
        0 => client.get(format!("{url}/orders")),
        1 | 2 => client.get(format!("{url}/orders/1")),
        _ => client.post(format!("{url}/orders")).json(&Wish {
            item: "tea".to_owned(),
            pieces: 2,
            card: "4111 1111 1111 1111".to_owned(),
        }),
    };
    let answer = request.send().await?.error_for_status()?;
    let status = answer.status();
    answer.bytes().await?;
    Ok(status)
}
