//! A few of the traces that the console draws: one for each thing that policies do.

use std::{
    fmt,
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

/// What is worth a look, and what its tree has that others have not.
const WORTH: [(&str, &[&str], &[&str]); 6] = [
    ("a retry that helped", &["└─ attempt", "retry.stopped=success"], &["retry.delay=1\n"]),
    ("a wait that the provider asked for", &["retry.stopped=success", "retry.delay=1\n"], &[]),
    ("a second attempt that was faster", &["hedge.won=true"], &[]),
    ("what hangs, cut off", &["POST /charges [client]  ⊘ cancelled", "· fallback"], &[]),
    ("an order, while the circuit breaker is open", &["Provider::charge", "· fallback"], &["POST"]),
    ("a rate, while it is open", &["Provider::rate"], &["GET"]),
];

/// Takes what the console writes; shown, it is what is worth a look.
#[derive(Clone, Default)]
pub(crate) struct Trees(Arc<Mutex<Vec<u8>>>);

impl Write for Trees {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(text)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl fmt::Display for Trees {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&text);
        let mut trees: Vec<String> = Vec::new();
        for line in text.lines() {
            if line.contains(" trace ") || trees.is_empty() {
                trees.push(String::new());
            }
            if let Some(tree) = trees.last_mut() {
                *tree += line;
                *tree += "\n";
            }
        }
        for (what, there, absent) in WORTH {
            let is_it = |tree: &&String| {
                let has = |text: &&str| tree.contains(*text);
                there.iter().all(has) && !absent.iter().any(has)
            };
            if let Some(tree) = trees.iter().find(is_it) {
                writeln!(f, "{what}:\n\n{tree}")?;
            }
        }
        Ok(())
    }
}
