//! A few of the traces that the console draws: one for each thing that policies do.

use std::{
    fmt,
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

/// What is worth a look, and how its tree is told from the others.
const WORTH: [(&str, fn(&str) -> bool); 5] = [
    ("a retry that helped", |tree| tree.contains("└─ attempt") && !tree.contains("fallback")),
    ("a wait that was asked for", |tree| tree.contains("retry.delay=1 ")),
    ("a second attempt that was faster", |tree| tree.contains("hedge.won=true")),
    ("an attempt that was cut off, and no further one", |tree| {
        tree.contains("attempt_timeout") && tree.contains("fallback")
    }),
    ("an answer although the circuit breaker is open", |tree| {
        tree.contains("fallback") && tree.lines().count() <= 2
    }),
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
            if line.contains("  trace ") || trees.is_empty() {
                trees.push(String::new());
            }
            if let Some(tree) = trees.last_mut() {
                *tree += line;
                *tree += "\n";
            }
        }
        for (what, is_it) in WORTH {
            if let Some(tree) = trees.iter().find(|tree| is_it(tree)) {
                writeln!(f, "{what}:\n\n{tree}")?;
            }
        }
        Ok(())
    }
}
impl Trees { pub(crate) fn all(&self) -> Vec<u8> { self.0.lock().unwrap_or_else(PoisonError::into_inner).clone() } }