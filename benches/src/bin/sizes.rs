//! Prints the size of the future of an annotated async function, in bytes.
#![expect(clippy::print_stdout, reason = "printing is what this program is for")]

use spandrel_benches::future_sizes;

fn main() {
    for (subject, size) in future_sizes() {
        println!("future-size\tasync\t{subject}\t{size}");
    }
}
