//! Every value that was measured, by metric, kind and subject.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::Path,
};

use serde_json::Value;

/// The name of our own subject in every output.
pub(crate) const OURS: &str = "spandrel";

/// Measured values; several of one key are repetitions.
#[derive(Debug, Default)]
pub(crate) struct Measurements {
    values: BTreeMap<(String, String, String), Vec<f64>>,
    /// Subjects in the order in which they were first met, which is that of the measuring programs.
    subjects: Vec<String>,
}

impl Measurements {
    /// Reads all files of a directory, ignoring lines of any other shape.
    pub(crate) fn read_lines(&mut self, directory: &Path) -> io::Result<()> {
        for path in sorted(directory)? {
            for line in fs::read_to_string(path)?.lines() {
                let fields: Vec<&str> = line.split('\t').collect();
                if let [metric, kind, subject, value] = fields[..]
                    && let Ok(value) = value.parse()
                {
                    self.add(metric, kind, subject, value);
                }
            }
        }
        Ok(())
    }

    /// Reads the medians that criterion saved, one baseline per run, as the metric `ns`.
    pub(crate) fn read_criterion(&mut self, directory: &Path) -> io::Result<()> {
        for path in sorted(directory)? {
            if !path.is_dir() {
                continue;
            }
            let baseline = path.file_name().is_some_and(|name| {
                name.to_string_lossy().strip_prefix("run").is_some_and(is_number)
            });
            if !baseline {
                self.read_criterion(&path)?;
                continue;
            }
            let [benchmark, estimates] =
                ["benchmark.json", "estimates.json"].map(|file| -> io::Result<Value> {
                    Ok(serde_json::from_slice(&fs::read(path.join(file))?)?)
                });
            let (benchmark, estimates) = (benchmark?, estimates?);
            if let (Some(kind), Some(subject), Some(median)) = (
                benchmark["group_id"].as_str(),
                benchmark["function_id"].as_str(),
                estimates["median"]["point_estimate"].as_f64(),
            ) {
                self.add("ns", kind, subject, median);
            }
        }
        Ok(())
    }

    /// Adds a value, or a repetition of one.
    pub(crate) fn add(&mut self, metric: &str, kind: &str, subject: &str, value: f64) {
        if !self.subjects.iter().any(|known| known == subject) {
            self.subjects.push(subject.to_owned());
        }
        let key = (metric.to_owned(), kind.to_owned(), subject.to_owned());
        self.values.entry(key).or_default().push(value);
    }

    /// Returns the median of what was measured under a key.
    pub(crate) fn get(&self, metric: &str, kind: &str, subject: &str) -> Option<f64> {
        let key = (metric.to_owned(), kind.to_owned(), subject.to_owned());
        let mut values = self.values.get(&key)?.clone();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied()
    }

    /// Returns our own value.
    pub(crate) fn ours(&self, metric: &str, kind: &str) -> Option<f64> {
        self.get(metric, kind, OURS)
    }

    /// Returns what reading the clock twice costs: the unit of the budgets.
    pub(crate) fn two_clock_reads(&self) -> Option<f64> {
        self.ours("ns", "clock").or_else(|| self.get("ns", "clock", "fastant"))
    }

    /// Lists the subjects that have a value of a metric, in the order of the measuring programs.
    pub(crate) fn subjects(&self, metric: &str) -> Vec<&str> {
        let having: BTreeSet<&str> = self
            .values
            .keys()
            .filter(|(other, _, _)| other == metric)
            .map(|(_, _, subject)| subject.as_str())
            .collect();
        let ordered = self.subjects.iter().map(String::as_str);
        ordered.filter(|subject| having.contains(subject)).collect()
    }

    /// Lists the keys that we have a value for.
    pub(crate) fn ours_keys(&self) -> impl Iterator<Item = (&str, &str)> {
        let ours = self.values.keys().filter(|(_, _, subject)| subject == OURS);
        ours.map(|(metric, kind, _)| (metric.as_str(), kind.as_str()))
    }
}

fn sorted(directory: &Path) -> io::Result<Vec<std::path::PathBuf>> {
    let mut paths =
        fs::read_dir(directory)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitions_count_as_their_median() {
        let mut measurements = Measurements::default();
        for value in [9.0, 1.0, 2.0] {
            measurements.add("ns", "plain", "peer", value);
        }

        assert_eq!(measurements.get("ns", "plain", "peer"), Some(2.0));
    }
}
