//! What the compiler says, and what it accepts: each file is a sentence.

#[test]
fn messages_are_those_a_user_can_act_on() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/fail/*.rs");
    cases.pass("ui/pass/*.rs");
}
