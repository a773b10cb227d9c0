use spandrel::traced;

#[traced(kind = client, fields(id))]
#[allow(dead_code)]
fn uncalled<T>(id: u64) -> Option<T> {
    (id > 1).then(|| unreachable!())
}

fn main() {
    let json = spandrel::functions().to_json();
    if cfg!(any(target_os = "linux", target_os = "android", target_os = "freebsd")) {
        assert!(json.contains(r#""name":"uncalled""#) && json.contains(r#""fields":["id"]"#));
    }
}
