use super::*;
use crate::init::env::Environment;

const ID: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9";

fn file(path: &str) -> Option<String> {
    let text = match path {
        "/proc/sys/kernel/hostname" => "web-1\n".to_owned(),
        "/etc/machine-id" => "d1f2\n".to_owned(),
        "/etc/os-release" => "PRETTY_NAME=\"Debian 13\"\nNAME=Debian\nVERSION_ID=13\n".to_owned(),
        "/proc/self/cgroup" => format!("0::/docker/{ID}\n"),
        "/proc/self/status" => "Name:\torders\nUid:\t0\t33\t33\t33\nGid:\t0\n".to_owned(),
        "/etc/passwd" => "root:x:0:0::/:/bin/sh\nwww-data:x:33:33::/:/bin/false\n".to_owned(),
        kubernetes::NAMESPACE_FILE => "shop".to_owned(),
        _ => return None,
    };
    Some(text)
}

fn machine(read: &dyn Fn(&str) -> Option<String>) -> Machine<'_> {
    Machine {
        read,
        pid: 7,
        executable: Some("/opt/bin/orders".into()),
        command: Some("./orders".into()),
        entropy: |bytes| bytes.fill(0xff),
    }
}

fn detect_with(
    code: &Code,
    variables: &[(&str, &str)],
    read: &dyn Fn(&str) -> Option<String>,
) -> Detected {
    let environment: Environment = variables.iter().copied().collect();
    detect(&mut Reader::new(&environment), code, &machine(read))
}

#[test]
fn everything_that_the_machine_tells_is_in_the_resource() {
    let variables = [("KUBERNETES_SERVICE_HOST", "10.0.0.1"), ("POD_NAME", "orders-0")];

    let detected = detect_with(&Code::default(), &variables, &file);

    for (key, value) in [
        ("service.name", "unknown_service:orders"),
        ("service.instance.id", "ffffffff-ffff-4fff-bfff-ffffffffffff"),
        ("telemetry.sdk.name", "spandrel"),
        ("telemetry.sdk.language", "rust"),
        ("telemetry.sdk.version", env!("CARGO_PKG_VERSION")),
        ("process.pid", "7"),
        ("process.executable.name", "orders"),
        ("process.executable.path", "/opt/bin/orders"),
        ("process.command", "./orders"),
        ("process.owner", "www-data"),
        ("host.name", "web-1"),
        ("host.id", "d1f2"),
        ("os.name", "Debian"),
        ("os.version", "13"),
        ("os.description", "Debian 13"),
        ("container.id", ID),
        ("k8s.pod.name", "orders-0"),
        ("k8s.namespace.name", "shop"),
    ] {
        let found = detected.resource.get(key).map(|value| value.to_string());
        assert_eq!(found.as_deref(), Some(value), "{key}");
    }
    assert_eq!(detected.resource.schema_url(), SCHEMA_URL);
}

#[test]
fn what_the_machine_does_not_tell_is_left_out() {
    let detected = detect_with(&Code::default(), &[], &|_| None);

    for key in ["host.name", "host.id", "os.name", "container.id", "process.owner"] {
        assert_eq!(detected.resource.get(key), None, "{key}");
    }
}

#[test]
fn outside_of_a_pod_names_of_pods_mean_nothing() {
    let variables = [("NAMESPACE", "a"), ("POD_NAME", "b"), ("DEPLOYMENT", "c")];

    let detected = detect_with(&Code::default(), &variables, &|_| None);

    assert!(detected.resource.iter().all(|(key, _)| !key.starts_with("k8s.")));
}

#[test]
fn the_program_has_the_last_word() {
    let resource = Resource::new().with("host.name", "mine").with("shard", 3);
    let code = Code { resource, ..Code::default() };
    let variables = [("OTEL_RESOURCE_ATTRIBUTES", "host.name=theirs,shard=4,team=a")];

    let detected = detect_with(&code, &variables, &file);

    assert_eq!(detected.resource.get("host.name"), Some(Value::Str("mine")));
    assert_eq!(detected.resource.get("shard"), Some(Value::I64(3)));
    assert_eq!(detected.resource.get("team"), Some(Value::Str("a")));
}

#[test]
fn arguments_of_the_process_are_never_read() {
    let asked = std::cell::RefCell::new(Vec::new());
    let read = |path: &str| {
        asked.borrow_mut().push(path.to_owned());
        file(path)
    };

    detect_with(&Code::default(), &[], &read);

    assert!(asked.borrow().len() > 3);
    assert!(
        asked.borrow().iter().all(|path| !path.contains("cmdline") && !path.contains("environ"))
    );
}

#[test]
fn two_programs_have_different_instances() {
    let one = Machine::this().uuid_v4();

    assert_ne!(one, Machine::this().uuid_v4());
    assert_eq!((one.len(), &one[14..15]), (36, "4"));
}

#[test]
fn this_very_machine_is_detected() {
    let environment = Environment::default();

    let detected = detect(&mut Reader::new(&environment), &Code::default(), &Machine::this());

    assert_eq!(detected.resource.get("process.pid"), Some(Value::I64(std::process::id().into())));
    assert!(detected.resource.get("process.executable.path").is_some());
    assert_eq!(detected.sources.len(), detected.resource.len());
}
