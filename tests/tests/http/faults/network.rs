//! The same in networks of the kernel's own: two hosts and a cable, which is slow, is pulled out, or
//! leads nowhere.
//!
//! Each test starts its own binary twice more: as the host that asks, in namespaces that go when it
//! does, and from there as the host that answers.

#![expect(clippy::print_stdout, reason = "how the hosts tell each other how far they are")]

use std::{
    env,
    io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _, stderr, stdin},
    net::TcpListener,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use spandrel::{
    circuit_breaker,
    resilience::{self, Class, RejectedKind, classify_chain},
    retry, timeout,
};
use spandrel_tests::counterparts;

use super::{Failed, kind};
use crate::setting::run;

/// Which of the hosts a process is.
const HOST: &str = "SPANDREL_TESTS_HOST";
const ADDRESS: &str = "10.213.0.2:8000";

/// Joins two hosts, `a` and `b`, and becomes the first one.
const NETWORK: &str = "
    set -e
    mount -t tmpfs tmpfs /run
    mkdir -p /run/netns
    ip netns add b
    ip link add va type veth peer name vb netns b
    ip address add 10.213.0.1/24 dev va
    ip -n b address add 10.213.0.2/24 dev vb
    ip link set va up
    ip -n b link set vb up
    exec \"$@\"";

/// Something done to the network, and what ends it.
struct Trouble {
    begin: &'static str,
    end: &'static str,
}

/// This host's end of the cable is out.
const UNPLUGGED: Trouble = Trouble { begin: "ip link set va down", end: "ip link set va up" };
/// The other end is.
const PULLED: Trouble =
    Trouble { begin: "ip -n b link set vb down", end: "ip -n b link set vb up" };
/// What the other host answers goes nowhere.
const NOWHERE: Trouble = Trouble {
    begin: "ip -n b route add blackhole 10.213.0.1/32",
    end: "ip -n b route del blackhole 10.213.0.1/32",
};
/// What it answers takes its time.
const SLOW: Trouble = Trouble {
    begin: "nsenter --net=/run/netns/b tc qdisc add dev vb root tbf rate 256kbit burst 4kb latency 9s",
    end: "nsenter --net=/run/netns/b tc qdisc del dev vb root",
};

fn shell(line: &str) {
    let output = Command::new("sh").args(["-c", line]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{line}: {text}");
}

/// Plays a test on the first host, with the second one there; `name` is that of the test.
fn between_hosts<F: Future>(name: &str, test: impl FnOnce() -> F) {
    match env::var(HOST).as_deref() {
        Ok("b") => answer(),
        Ok(_) => {
            let mut other = host("b", &["nsenter", "--net=/run/netns/b"], name);
            let mut line = String::new();
            let mut lines = BufReader::new(other.stdout.take().unwrap());
            while line.trim_end() != "listening" {
                line.clear();
                assert!(lines.read_line(&mut line).unwrap() > 0, "the other host did not start");
            }
            run(async |_| test().await);
            drop(other.stdin.take());
            other.wait().unwrap();
            println!("played");
        }
        Err(_) => {
            let Some(namespaces) = namespaces() else { return };
            let arguments = [&namespaces[..], &["--", "sh", "-c", NETWORK, "sh"]].concat();
            let output = host("a", &arguments, name).wait_with_output().unwrap();
            let text = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success() && text.contains("played"), "{text}");
        }
    }
}

/// This test once more, as this host, by a command that takes another one.
fn host(host: &str, by: &[&str], name: &str) -> Child {
    let mut command = Command::new(by[0]);
    command.args(&by[1..]).arg(env::current_exe().unwrap());
    command.args(["--exact", name, "--nocapture"]).env(HOST, host);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
}

/// How namespaces are had here; none: this kernel gives nobody any, or they are to be left out.
fn namespaces() -> Option<Vec<&'static str>> {
    for tool in ["ip", "tc", "nsenter", "unshare"] {
        let lacks = Command::new(tool).arg("-V").output();
        if lacks.is_err_and(|error| error.kind() == ErrorKind::NotFound) {
            assert!(
                counterparts::may_leave_out(),
                "there is no `{tool}`: install what Debian calls iproute2 and util-linux, or set \
                 WITHOUT_COUNTERPARTS=1 to leave such tests out"
            );
            left_out(tool);
            return None;
        }
    }
    let ways = [vec!["unshare", "-n", "-m"], vec!["unshare", "-U", "-r", "-n", "-m"]];
    let works = |way: &Vec<&str>| {
        Command::new(way[0]).args(&way[1..]).arg("true").output().unwrap().status.success()
    };
    // No package brings them: in a container, it is up to whoever started that.
    ways.into_iter().find(works).or_else(|| {
        left_out("network namespaces");
        None
    })
}

fn left_out(what: &str) {
    // Past the test harness, which would swallow it.
    let _ = writeln!(stderr(), "LEFT OUT: faults of a network, for want of {what}");
}

/// The host that answers: as many bytes as the path says.
fn answer() {
    let listener = TcpListener::bind(ADDRESS).unwrap();
    println!("listening");
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            thread::spawn(move || {
                let mut head = String::new();
                let mut lines = BufReader::new(&stream);
                while !head.ends_with("\r\n\r\n") && lines.read_line(&mut head).unwrap_or(0) > 0 {}
                let length = head.split(['/', ' ']).nth(2).unwrap_or_default();
                let body = "x".repeat(length.parse().unwrap_or(0));
                let text = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}");
                // Whoever asked may have left.
                let _ = stream.write_all(text.as_bytes());
            });
        }
    });
    let _ = stdin().read_to_end(&mut Vec::new());
}

/// Asks the other host; what is wrong with the network is over before the second attempt.
struct Client {
    client: reqwest::Client,
    trouble: Trouble,
}

impl Client {
    fn new(trouble: Trouble) -> Self {
        // No connection takes longer, unless an attempt ends before.
        let client = reqwest::Client::builder().connect_timeout(Duration::from_secs(30));
        Self { client: client.pool_max_idle_per_host(0).build().unwrap(), trouble }
    }

    async fn ask(&self, length: usize) -> Result<u32, Failed> {
        shell(if resilience::attempt() == 1 { self.trouble.begin } else { self.trouble.end });
        self.send(length).await?;
        Ok(resilience::attempt())
    }

    async fn send(&self, length: usize) -> Result<(), Failed> {
        let answer = self.client.get(format!("http://{ADDRESS}/{length}")).send().await?;
        assert_eq!(answer.bytes().await?.len(), length);
        Ok(())
    }

    /// The number of the attempt that succeeded.
    ///
    /// Hosts need a second or two to find each other again.
    #[retry(max_attempts = 2, backoff = "1ms", budget = none, classify)]
    #[timeout(attempt = "5s")]
    async fn may_be_repeated(&self, length: usize) -> Result<u32, Failed> {
        self.ask(length).await
    }

    #[retry(max_attempts = 2, backoff = "1ms", budget = none, classify, idempotent = false)]
    #[timeout(attempt = "5s")]
    async fn must_not_be_repeated(&self, length: usize) -> Result<u32, Failed> {
        self.ask(length).await
    }

    /// Ends before the kernel has found out that the other host is not there.
    #[retry(max_attempts = 2, backoff = "1ms", budget = none, classify, idempotent = false)]
    #[timeout(attempt = "1s")]
    async fn hasty_and_once(&self, length: usize) -> Result<u32, Failed> {
        self.ask(length).await
    }
}

#[test]
fn without_a_network_nothing_was_sent_and_any_call_may_be_repeated() {
    let name = "faults::network::without_a_network_nothing_was_sent_and_any_call_may_be_repeated";
    between_hosts(name, async || {
        let client = Client::new(UNPLUGGED);
        assert_eq!(client.must_not_be_repeated(10).await.unwrap(), 2);
        assert_eq!(client.may_be_repeated(10).await.unwrap(), 2);
    });
}

#[test]
fn a_host_whose_answers_go_nowhere_was_not_reached() {
    let name = "faults::network::a_host_whose_answers_go_nowhere_was_not_reached";
    between_hosts(name, async || {
        // The client itself says that there was no connection.
        let brief = reqwest::Client::builder().connect_timeout(Duration::from_secs(2));
        let client = Client { client: brief.build().unwrap(), trouble: NOWHERE };
        assert_eq!(client.must_not_be_repeated(10).await.unwrap(), 2);
    });
}

#[test]
fn a_cable_pulled_out_at_the_other_end_ends_with_the_attempt() {
    let name = "faults::network::a_cable_pulled_out_at_the_other_end_ends_with_the_attempt";
    between_hosts(name, async || {
        let client = Client::new(PULLED);
        let error = client.hasty_and_once(10).await.unwrap_err();
        assert_eq!(classify_chain(&*error), Class::Timeout, "{error}");
        shell(client.trouble.end);
        assert_eq!(client.may_be_repeated(10).await.unwrap(), 2);
    });
}

#[test]
fn an_answer_that_trickles_is_cut_off_while_it_is_read() {
    let name = "faults::network::an_answer_that_trickles_is_cut_off_while_it_is_read";
    between_hosts(name, async || {
        // Ten seconds on this cable.
        let client = Client::new(SLOW);
        assert_eq!(client.may_be_repeated(320_000).await.unwrap(), 2);
    });
}

#[test]
fn a_slow_network_opens_a_breaker_that_looks_for_it() {
    #[circuit_breaker(slow_call = "300ms", slow_rate = 1.0, min_calls = 2, window = 2)]
    async fn ask(client: &Client) -> Result<(), Failed> {
        client.send(32_000).await
    }

    let name = "faults::network::a_slow_network_opens_a_breaker_that_looks_for_it";
    between_hosts(name, async || {
        let client = Client::new(SLOW);
        shell(client.trouble.begin);
        for _ in 0..2 {
            ask(&client).await.unwrap();
        }
        let error = ask(&client).await.unwrap_err();
        assert_eq!(kind(&error), Some(RejectedKind::CircuitOpen), "{error}");
    });
}
