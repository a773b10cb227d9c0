//! The rules of the policies as data, played against the objects and both engines.
//!
//! A case is a policy, a script and what each of its steps shows (`tests/cases/*.toml`). The same
//! runner plays it three times, on clocks that stand still: against the plain object, against the
//! engine for functions, against the engine for futures. What a driver cannot express a case has to
//! say, with the reason: nothing is left out in silence. Where the code is known to be otherwise than
//! the rules, the case says in what, and fails as soon as that is not so any more.

pub(crate) mod body;
pub(crate) mod case;
mod declare;
mod drive;
mod expect;
mod objects;
mod play;
pub(crate) mod script;

use std::{collections::BTreeMap, fs, path::Path};

use self::case::{Case, File};
pub(crate) use self::{
    body::{Failed, Good, Line},
    objects::Way,
    play::play,
    script::Outcome,
};

/// The cases of each file.
pub(crate) fn table() -> BTreeMap<String, Vec<Case>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let text = fs::read_to_string(&path).unwrap();
            let file: File =
                toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            (name, file.case)
        })
        .collect()
}

/// Plays the table in one way, and fails with each case and step that differs; says how many.
fn play_all(way: Way) -> String {
    let mut differences = Vec::new();
    let (mut played, mut left_out) = (0, 0);
    for (file, cases) in table() {
        for case in cases {
            if case.reason(way).is_some() {
                left_out += 1;
                continue;
            }
            played += 1;
            let difference = match (play(&case, way), &case.differs) {
                (Ok(()), None) | (Err(_), Some(_)) => continue,
                (Err(difference), None) => difference,
                (Ok(()), Some(known)) => format!("it does not differ any more: {known}"),
            };
            differences.push(format!("{file}: {}: {way:?}: {difference}", case.name));
        }
    }
    assert!(
        differences.is_empty(),
        "{} of {played}\n{}",
        differences.len(),
        differences.join("\n")
    );
    assert!(played > left_out, "most of the table is for {way:?}");
    format!("{way:?}: {played} cases played, {left_out} say why they cannot be")
}

#[test]
fn plain_objects_do_as_the_table_says() {
    println!("{}", play_all(Way::Plain));
}

#[test]
fn the_synchronous_engine_does_as_the_table_says() {
    println!("{}", play_all(Way::Sync));
}

#[test]
fn the_asynchronous_engine_does_as_the_table_says() {
    println!("{}", play_all(Way::Async));
}

#[test]
fn the_table_has_a_name_for_each_case_and_a_driver_for_each() {
    let mut names = BTreeMap::new();
    let mut count = 0;
    for (file, cases) in table() {
        println!("{file}: {} cases", cases.len());
        for case in cases {
            count += 1;
            let ways = [Way::Plain, Way::Sync, Way::Async];
            assert!(
                ways.into_iter().any(|way| case.reason(way).is_none()),
                "{file}: {}: nobody plays it",
                case.name,
            );
            assert!(
                ways.into_iter().all(|way| case.reason(way).is_none_or(|why| why.len() > 10)),
                "{file}: {}: say why",
                case.name,
            );
            let other = names.insert(case.name.clone(), file.clone());
            assert_eq!(other, None, "{file}: {}: twice", case.name);
        }
    }
    assert!(count >= 150, "{count} cases");
}

#[test]
fn a_key_that_nobody_knows_is_an_error() {
    let wrong = |text: &str| toml::from_str::<File>(text).err().map(|error| error.to_string());

    let at_a_case = wrong("[[case]]\nname = 'x'\nscript = []\nskip = true\n").unwrap();
    assert!(at_a_case.contains("unknown field `skip`"), "{at_a_case}");
    let at_a_policy = wrong("[[case]]\nname = 'x'\nscript = []\npolicy.retry = { tries = 3 }\n");
    assert!(at_a_policy.unwrap().contains("unknown field `tries`"));
}

#[test]
fn a_script_that_expects_something_else_differs_at_its_step() {
    let case = |script: &str| -> Case {
        let text = format!(
            "[[case]]\nname = 'x'\npolicy.breaker = {{ consecutive = 1 }}\nscript = [{script}]\n",
        );
        toml::from_str::<File>(&text).unwrap().case.remove(0)
    };

    for way in [Way::Plain, Way::Sync, Way::Async] {
        assert_eq!(play(&case("'S => closed', 'F => open'"), way), Ok(()));
        let differs = play(&case("'S => closed', 'F => closed'"), way).unwrap_err();
        assert!(differs.contains("step 2 `F => closed`"), "{differs}");
        assert!(differs.contains("expected closed, found open"), "{differs}");
        let unread = play(&case("'S => closd'"), way).unwrap_err();
        assert!(unread.contains("`closd`"), "{unread}");
    }
}
