//! What is found, what is not, and at what cost.

use proptest::prelude::*;

use super::{Pattern, Patterns};

fn shown(text: &str) -> String {
    Patterns::new().redact(text).into_owned()
}

/// Secrets, in texts of which nothing else may go.
const SECRETS: &[(&str, &str)] = &[
    // Credentials
    ("Authorization: Bearer abc123XYZ.def-_", "Authorization: [REDACTED]"),
    ("sent Bearer mF_9.B5f-4.1JqM.", "sent Bearer [REDACTED]."),
    ("bearer abcdefghijklmnopqrstuvwxyz", "bearer [REDACTED]"),
    ("401 for Basic dXNlcjpwYXNz of ann", "401 for Basic [REDACTED] of ann"),
    ("basic YW5uOmh1bnRlcjI=", "basic [REDACTED]"),
    // JSON Web Tokens
    (
        "t=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1g, next",
        "t=[REDACTED], next",
    ),
    ("(eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.)", "([REDACTED])"),
    // Private keys
    (
        "key:\n-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----\nend",
        "key:\n[REDACTED]\nend",
    ),
    // Cards
    ("paid 4111111111111111.", "paid [REDACTED]."),
    ("4111 1111 1111 1111 12/27", "[REDACTED] 12/27"),
    ("card=5500-0000-0000-0004;", "card=[REDACTED];"),
    ("(3782 822463 10005)", "([REDACTED])"),
    ("378282246310005", "[REDACTED]"),
    ("6011.1111.1111.1117", "[REDACTED]"),
    ("30569309025904 4222222222222", "[REDACTED] [REDACTED]"),
    ("#4000056655665556", "#[REDACTED]"),
    ("2223003122003222,3566002020360505", "[REDACTED],[REDACTED]"),
    // Keys of issuers
    ("AKIAIOSFODNN7EXAMPLE", "[REDACTED]"),
    ("key AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY!", "key [REDACTED]!"),
    ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "[REDACTED]"),
    ("github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuv", "[REDACTED]"),
    ("xoxb-123456789012-abcdefABCDEF", "[REDACTED]"),
    ("sk_live_4eC39HqLyjWDarjtT1zdp7dc", "[REDACTED]"),
    ("sk-proj-abcdefgh1234567890ABCDEF", "[REDACTED]"),
    ("glpat-abcdefghij0123456789", "[REDACTED]"),
    // URLs
    ("postgres://ann:hunter2@db:5432/shop", "postgres://[REDACTED]@db:5432/shop"),
    ("https://token@github.com/x and more", "https://[REDACTED]@github.com/x and more"),
    ("amqp://a:p@ss@host", "amqp://[REDACTED]@host"),
    ("GET /a?access_token=abc&page=2", "GET /a?access_token=[REDACTED]&page=2"),
    (
        "https://s3/x?X-Amz-Signature=0a1b&X-Amz-Date=1",
        "https://s3/x?X-Amz-Signature=[REDACTED]&X-Amz-Date=1",
    ),
    ("https://blob/x?sv=1&sig=abc%3D", "https://blob/x?sv=1&sig=[REDACTED]"),
    // Pairs
    ("host=db password=hunter2 user=ann", "host=db password=[REDACTED] user=ann"),
    ("password = \"a \\\" b\" # x", "password = \"[REDACTED]\" # x"),
    ("{\"password\":\"hunter2\",\"a\":1}", "{\"password\":\"[REDACTED]\",\"a\":1}"),
    (
        "{\\\"token\\\": \\\"t\\\", \\\"a\\\": 1}",
        "{\\\"token\\\": \\\"[REDACTED]\\\", \\\"a\\\": 1}",
    ),
    ("{'api_key': 12345, 'b': 2}", "{'api_key': [REDACTED], 'b': 2}"),
    (
        "Login { user: \"ann\", password: \"hunter2\" }",
        "Login { user: \"ann\", password: \"[REDACTED]\" }",
    ),
    ("Login { secret: Some(\"s\"), n: 1 }", "Login { secret: Some(\"[REDACTED]\"), n: 1 }"),
    ("Cookie: sid=1; theme=dark\r\nHost: a", "Cookie: [REDACTED]\r\nHost: a"),
    ("authorization=Bearer abc then", "authorization=[REDACTED] then"),
    ("failed with password: hunter2", "failed with password: [REDACTED]"),
    ("Login {\n    password: \"hunter2\",\n}", "Login {\n    password: \"[REDACTED]\",\n}"),
    (
        "Login {\n    secret: Some(\n        \"s\",\n    ),\n}",
        "Login {\n    secret: Some(\n        \"[REDACTED]\",\n    ),\n}",
    ),
    ("wrong password: \"hunter2\"", "wrong password: \"[REDACTED]\""),
    ("{\"password\" : \"hunter2\"}", "{\"password\" : \"[REDACTED]\"}"),
    ("{\n  \"pin.token\" :\n\t17\n}", "{\n  \"pin.token\" :\n\t[REDACTED]\n}"),
    ("password    = hunter2", "password    = [REDACTED]"),
    ("password : hunter2", "password : [REDACTED]"),
    ("{'token': b's3cr3t'}", "{'token': b'[REDACTED]'}"),
    ("Login { password: Password(\"hunter2\") }", "Login { password: [REDACTED] }"),
    ("{ token: AccessToken(\"s3cr3t\"), n: 1 }", "{ token: [REDACTED], n: 1 }"),
    ("{ token: auth::Token(\"a)b\") }", "{ token: [REDACTED] }"),
    ("{ token: Token { value: \"a}b\", n: [1] }, n: 1 }", "{ token: [REDACTED], n: 1 }"),
    ("token=AccessToken(\"s3cr3t\") n=1", "token=[REDACTED] n=1"),
    ("password=ab(c)d user=ann", "password=[REDACTED] user=ann"),
    ("{\"set-cookie\":[\"sid=SECRET; Path=/\"]}", "{\"set-cookie\":[REDACTED]}"),
    ("{\"password\":[\"hunter2\"],\"a\":1}", "{\"password\":[REDACTED],\"a\":1}"),
    ("{\"token\":{\"value\":\"s3}cr3t\"}}", "{\"token\":[REDACTED]}"),
    (
        "{\\\"token\\\":{\\\"v\\\":\\\"s3}cr3t\\\"},\\\"a\\\":1}",
        "{\\\"token\\\":[REDACTED],\\\"a\\\":1}",
    ),
    ("{ secret: [104, 117, 110], n: 1 }", "{ secret: [REDACTED], n: 1 }"),
    ("{ secret: Some([104, 117]), n: 1 }", "{ secret: Some([REDACTED]), n: 1 }"),
    ("Cookie: a=\"1\"; sid=SECRET", "Cookie: [REDACTED]"),
    ("curl -H \"Cookie: a=b; c=d\" -v", "curl -H \"Cookie: [REDACTED]\" -v"),
    ("curl -H 'Cookie: a=b; c=\"d\"' -v", "curl -H 'Cookie: [REDACTED]' -v"),
    ("[\\\"Cookie: a=b; c=d\\\", 1]", "[\\\"Cookie: [REDACTED]\\\", 1]"),
];

/// What looks a little like a secret and is none.
const INNOCENT: &[&str] = &[
    "",
    "GET /orders/42 HTTP/1.1",
    "the bearer token expired",
    "Bearer authentication failed; basic checks passed",
    "basic information about Basic Auth",
    "8c7b1f1e-4111-4111-8111-411111111111",
    "550e8400-e29b-41d4-a716-446655440000",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "4bf92f3577b34da6a3ce929d0e0e4736",
    "2026-11-21T10:52:17.123456789Z",
    "1763722337123456789 1763722337123456 1763722337123",
    "+4915112345678901",
    "0.4111111111111111",
    "v4111111111111111",
    "4111111111111112",
    "41111111111111111111111",
    "4111-11-1111",
    "unexpected token: here, expected secret: none",
    "the password: must not be empty",
    "if token == Ident || token => x",
    "shop::orders::place token::Tree",
    "https://shop/orders?page=2#top",
    "mail ann@example.org or http://host/@ann",
    "next_token=abc token_count=7",
    "task-force-ordered-by-the-council-2026",
    "sk-a-name-in-kebab-case-without-digits",
    "hf_ sk_ ghp_ xoxb- AKIA AIza eyJ",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    "größe=ﬀ 価格: 4111円",
    "password=[REDACTED]&token=",
    "password: None, secret: null, token=true",
    "{\"token\":{},\"secret\":[],\"password\":\"\"}",
    "Password:\n2026-11-21 logged in\nCookie:\r\nHost: a1",
    "{\"token_count\" : \"7\", \"secretary\": [\"ann\"]}",
    "192.168.100.200 10.0.0.1:4318 1.2.3.4",
];

#[test]
fn what_is_secret_is_hidden_and_nothing_else() {
    for (text, expected) in SECRETS {
        assert_eq!(shown(text), *expected, "of {text}");
    }
}

#[test]
fn what_only_resembles_a_secret_is_shown() {
    for text in INNOCENT {
        assert_eq!(shown(text), *text);
    }
}

#[test]
fn a_secret_is_found_wherever_it_stands() {
    for (text, expected) in SECRETS {
        for padding in 0..9 {
            let (before, after) = (" ".repeat(padding), " ü ".repeat(padding));
            let text = format!("{before}{text}\n{after}");
            let expected = format!("{before}{expected}\n{after}");
            assert_eq!(shown(&text), expected, "of {text}");
        }
    }
}

#[test]
fn a_secret_that_a_limit_has_cut_is_hidden_to_the_end() {
    for text in [
        "eyJhbGciOiJIUzI1NiIsInR5cCI6",
        "-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANB",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk",
        "Bearer abc123XYZ",
        "xoxb-123456789012-abcdefAB",
    ] {
        assert_eq!(shown(&format!("cut {text}")).split("[REDACTED]").last(), Some(""));
    }
    assert_eq!(shown("{\"password\": \"hunter tw"), "{\"password\": \"[REDACTED]");
    assert_eq!(shown("{\"password\": [\"hunter\", \"tw"), "{\"password\": [REDACTED]");
    assert_eq!(shown("{ secret: Secret(Inner { a: (1), b"), "{ secret: [REDACTED]");
}

#[test]
fn hiding_twice_hides_no_more() {
    for text in SECRETS.iter().map(|(text, _)| text).chain(INNOCENT) {
        let once = shown(text);
        assert_eq!(shown(&once), once, "of {text}");
    }
}

#[test]
fn each_form_can_be_left_out() {
    let cases = [
        (Pattern::ApiKey, "AKIAIOSFODNN7EXAMPLE"),
        (Pattern::Card, "4111111111111111"),
        (Pattern::Credential, "Bearer abc123XYZ.def"),
        (Pattern::Jwt, "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.a"),
        (Pattern::Pair, "password=hunter2"),
        (Pattern::PrivateKey, "-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----"),
        (Pattern::Url, "http://a:b@host/"),
    ];
    for (pattern, text) in cases {
        assert_ne!(shown(text), text);
        assert_eq!(Patterns::new().without(pattern).redact(text), text);
        assert_eq!(Patterns::none().redact(text), text);
    }
}

#[test]
fn a_list_names_what_is_left_out_and_what_is_added() {
    let patterns = Patterns::parse("-card, -URL,cust-{digit:4..6},key:{hex:2}{upper}").unwrap();

    assert_eq!(patterns.to_string(), "-card,-url,cust-{digit:4..6},key:{hex:2}{upper}");
    assert_eq!(
        patterns.redact("cust-1234 key:0aZ http://a:b@c"),
        "[REDACTED] [REDACTED] http://a:b@c"
    );
    assert_eq!(
        patterns.redact("cust-123 cust-1234567 mycust-1234"),
        "cust-123 cust-1234567 mycust-1234"
    );
}

#[test]
fn what_cannot_be_a_pattern_says_what_to_write() {
    let cases = [
        ("-cards", "`-cards` is no pattern; write one of `-api_key`, `-card`"),
        ("x{digit}", "`x{digit}` does not begin with text; write at least 2 characters"),
        ("{digit}", "does not begin with text"),
        ("ab{digits}", "`digits` is no class of characters; write one of `alnum`"),
        ("ab{digit", "`ab{digit` has a brace without its other one"),
        ("ab}", "has a brace without its other one"),
        ("ab{digit:0}", "`0` is no count from 1 to 4096; write `8`, `8..` or `8..16`"),
        ("ab{digit:4..3}", "`4..3` is no count"),
    ];
    for (text, expected) in cases {
        let error = Patterns::parse(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
}

#[test]
fn a_function_that_panics_or_errs_finds_nothing() {
    let panics = Patterns::none().with_fn(|_| panic!("oh"));
    let beyond = Patterns::none().with_fn(|text| Some(0..text.len() + 1));
    let inside_a_character = Patterns::none().with_fn(|_| Some(0..1));
    let empty = Patterns::none().with_fn(|_| Some(0..0));

    for patterns in [panics, beyond, inside_a_character, empty] {
        assert_eq!(patterns.redact("über"), "über");
    }
}

/// Looks per byte are what is bounded; a quadratic one would take minutes here.
#[test]
fn hostile_texts_take_linear_time() {
    let pieces = [
        "eyJ",
        "eyJa.",
        "://",
        "://a",
        "@",
        "-----BEGIN ",
        "-----BEGIN RSA ",
        "4",
        "4111-",
        "4111 ",
        "=",
        ":",
        "\":",
        "a:",
        "password",
        "password=",
        "password: ",
        "\"token\":\"",
        "\\\"",
        "sk-",
        "-sk-",
        "ghp_",
        "Bearer ",
        "basic ",
        "Basic a",
        "AKIA",
        "b",
        "B",
        "_",
        "xoxb-",
        "Cookie: ",
        "secret=Some(",
        "cust-",
        "cust-1",
        "==",
        "password:",
        "password: ",
        "a:\\\"",
        "password: '",
        "Authorization: ",
        "password: (",
        "password:[]",
        "\"token\" : {",
        "token : A(",
        "token:   ",
        "   :",
        "password\n",
        "secret=[\"",
        "secret: Some(Some(",
    ];
    let patterns = Patterns::parse("cust-{visible}{digit}{upper},=={visible:100}").unwrap();
    for piece in pieces {
        let text = piece.repeat(200_000 / piece.len());
        let shown = patterns.redact(&text);
        assert!(shown.len() < 4 * text.len(), "{piece}");
    }
}

fn luhn(mut digits: Vec<u8>) -> String {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            let doubled = u32::from(*digit) * 2;
            if at % 2 == 0 { doubled / 10 + doubled % 10 } else { u32::from(*digit) }
        })
        .sum();
    digits.push(((10 - sum % 10) % 10) as u8);
    digits.into_iter().map(|digit| char::from(b'0' + digit)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_text_makes_it_panic_and_what_it_shows_is_stable(text in ".{0,200}") {
        let once = shown(&text);
        prop_assert_eq!(shown(&once), once);
    }

    #[test]
    fn texts_of_the_bytes_it_looks_for_are_survived(
        text in "(password|token|[-_.:=@/bBJASey \"'(){}\\[\\]\\\\0-9a-z\n]){0,120}",
    ) {
        let once = shown(&text);
        prop_assert!(once.len() <= 4 * text.len() + 10);
    }

    #[test]
    fn every_card_with_a_right_digit_is_hidden_in_any_text(
        digits in proptest::collection::vec(0_u8..10, 14),
        before in "[a-z ,]{0,20}[ ,:(]",
        after in "[ ,;)][a-z ,]{0,20}",
    ) {
        let card = luhn([vec![4], digits].concat());
        let spaced = format!("{} {} {} {}", &card[..4], &card[4..8], &card[8..12], &card[12..]);

        prop_assert_eq!(shown(&format!("{before}{card}{after}")), format!("{before}[REDACTED]{after}"));
        prop_assert_eq!(shown(&format!("{before}{spaced}{after}")), format!("{before}[REDACTED]{after}"));
    }

    #[test]
    fn no_identifier_of_ours_is_taken_for_a_card(high in any::<u64>(), low in any::<u64>()) {
        let id = format!("{high:016x}{low:016x}");
        let uuid =
            format!("{}-{}-{}-{}-{}", &id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..]);
        let decimal = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        prop_assume!(!decimal(&id[..16]) && !decimal(&id[16..]));

        for text in [format!("00-{id}-{}-01", &id[16..]), uuid, id] {
            prop_assert_eq!(shown(&text), text);
        }
    }
}
