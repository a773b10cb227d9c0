//! Whatever the order of the attributes, the same function comes out.

use super::{expand, without_witnesses};

const SETS: [[&str; 6]; 4] = [
    [
        "#[traced(db(system = redis, operation = \"GET\"), fields(id))]",
        "#[counted]",
        "#[inline]",
        "#[must_use]",
        "/// Charges.\n",
        "#[tracing::instrument(skip_all)]",
    ],
    [
        "#[timed(slow = \"1s\", labels(id))]",
        "#[traced]",
        "#[inline]",
        "#[must_use]",
        "/// Charges.\n",
        "#[tracing::instrument(skip_all)]",
    ],
    [
        "#[traced]",
        "#[timed]",
        "#[retry(max_attempts = 3, retry_if = |n| *n > 3)]",
        "#[circuit_breaker(slow_call = \"1s\", reject = 0)]",
        "#[rate_limit(\"5/s\", key = id)]",
        "#[scripted]",
    ],
    [
        "#[fallback(value = 0)]",
        "#[timeout(\"2s\", sync = cooperative)]",
        "#[bulkhead(max_concurrent = 3)]",
        "#[resilient(chaos(fault = 0.1))]",
        "#[circuit_breaker]",
        "/// Charges.\n",
    ],
];

#[test]
fn all_permutations_of_six_attributes_give_the_same_tokens() {
    for set in SETS {
        let attributes = set.to_vec();
        let item =
            |order: &[&str]| format!("{} fn charge(id: u64) -> u64 {{ id }}", order.concat());
        let expected = normal(&item(&attributes));

        let mut seen = 0;
        permute(&mut attributes.clone(), 0, &mut |order| {
            seen += 1;
            assert_eq!(normal(&item(order)), expected, "{order:?}");
        });

        assert_eq!(seen, 720);
    }
}

#[test]
fn foreign_attributes_stay_in_their_order() {
    let text = "#[counted] #[tokio::test] #[traced] #[ignore] #[spandrel::unknown] async fn t() {}";

    let expanded = without_witnesses(expand(text));

    let attributes: Vec<_> = expanded.lines().take_while(|line| line.starts_with("#[")).collect();
    assert_eq!(attributes, ["#[tokio::test]", "#[ignore]", "#[spandrel::unknown]"]);
}

#[test]
fn attributes_of_another_crate_are_left_alone() {
    let text = "#[traced] #[other::counted] fn charge() {}";

    let expanded = without_witnesses(expand(text));

    assert!(expanded.contains("#[other::counted]") && !expanded.contains(".counted("));
}

#[test]
fn a_renamed_crate_is_known_by_its_path() {
    let text = "#[traced(crate = ::my::sp)] #[sp::counted] #[my::sp::counted] fn charge() {}";

    let expanded = without_witnesses(expand(text));

    assert!(expanded.contains(".counted(") && expanded.contains("::my::sp::__private"));
    assert!(expanded.contains("#[sp::counted]") && !expanded.contains("#[my::sp::counted]"));
}

/// The expansion without witnesses, and without what the order of foreign attributes decides.
fn normal(item: &str) -> (String, Vec<String>) {
    let text = without_witnesses(expand(item));
    let (attributes, rest): (Vec<&str>, Vec<&str>) =
        text.lines().partition(|line| line.starts_with("#[") || line.starts_with("///"));
    let mut attributes: Vec<_> = attributes.into_iter().map(str::to_owned).collect();
    attributes.sort();
    (rest.join("\n"), attributes)
}

fn permute<'t>(items: &mut Vec<&'t str>, from: usize, visit: &mut impl FnMut(&[&'t str])) {
    if from == items.len() {
        return visit(items);
    }
    for at in from..items.len() {
        items.swap(from, at);
        permute(items, from + 1, visit);
        items.swap(from, at);
    }
}
