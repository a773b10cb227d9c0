//! A trace that goes on in a child process, by way of the variable `TRACEPARENT`.
//!
//! ```sh
//! cargo run -p spandrel-examples --bin child_process
//! ```

use std::{
    env, io,
    process::{Command, ExitStatus},
};

use spandrel::{
    trace::propagation::{self, Environment},
    traced,
};
use spandrel_examples::Lines;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let telemetry = spandrel::builder!().exporter(Lines).init()?;
    if env::args().nth(1).as_deref() == Some("child") {
        // What is not set, or malformed, is an empty context: the child begins a trace of its own.
        let variables = Environment::from_lookup(|name| env::var(name).ok());
        let context = propagation::extract(&variables);
        let _attached = context.attach();
        println!("the child says that 6 * 7 is {}", multiply(6, 7));
    } else {
        println!("the child ended with {}", run_child()?);
    }
    drop(telemetry);
    Ok(())
}

#[traced(kind = client, fields(process.command = "child"))]
fn run_child() -> io::Result<ExitStatus> {
    let mut command = Command::new(env::current_exe()?);
    command.arg("child");
    propagation::inject(&mut command);
    command.status()
}

#[traced(kind = server, args)]
fn multiply(left: u32, right: u32) -> u32 {
    left * right
}
