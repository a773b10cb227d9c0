//! What is sent to Redis in one go, without its arguments.

use std::fmt;

use redis::{Cmd, Pipeline};

/// One command, or several.
#[derive(Clone, Copy)]
pub(super) struct Batch<'c> {
    commands: Commands<'c>,
    is_transaction: bool,
}

#[derive(Clone, Copy)]
enum Commands<'c> {
    One(&'c Cmd),
    Several(&'c Pipeline),
    /// As they are sent.
    Packed(&'c [u8]),
}

/// More commands and arguments than these are not listed.
const MOST_COMMANDS: usize = 16;
const MOST_ARGUMENTS: usize = 16;
/// No command has a longer name.
const MOST_BYTES: usize = 32;

impl<'c> Batch<'c> {
    pub(super) fn one(command: &'c Cmd) -> Self {
        Self { commands: Commands::One(command), is_transaction: false }
    }

    pub(super) fn several(pipeline: &'c Pipeline) -> Self {
        let is_transaction = pipeline.is_transaction();
        Self { commands: Commands::Several(pipeline), is_transaction }
    }

    pub(super) fn packed(packed: &'c [u8]) -> Self {
        let mut all = Packed(packed);
        let is_transaction = all.next().is_some_and(|(name, _)| name == "MULTI")
            && all.last().is_some_and(|(name, _)| name == "EXEC");
        Self { commands: Commands::Packed(packed), is_transaction }
    }

    /// What the conventions call the operation: `GET`, `PIPELINE GET`, `MULTI`.
    pub(super) fn operation(self) -> Operation<'c> {
        Operation(self)
    }

    /// The commands with a `?` for each argument.
    pub(super) fn text(self) -> Text<'c> {
        Text(self)
    }

    /// How many commands there are, if they are several, or none.
    pub(super) fn size(self) -> Option<usize> {
        let mut count = 0;
        self.each(&mut |_, _| count += 1);
        (count != 1).then_some(count)
    }

    /// Shows each command: its name, and how many arguments it has.
    fn each(self, see: &mut dyn FnMut(&'c str, usize)) {
        match self.commands {
            Commands::One(command) => see_command(command, see),
            Commands::Several(pipeline) => {
                pipeline.cmd_iter().for_each(|command| see_command(command, see));
            }
            Commands::Packed(packed) => {
                let is_frame = |name: &str| self.is_transaction && matches!(name, "MULTI" | "EXEC");
                Packed(packed)
                    .filter(|(name, _)| !is_frame(name))
                    .for_each(|(name, arguments)| see(name, arguments));
            }
        }
    }
}

fn see_command<'c>(command: &'c Cmd, see: &mut dyn FnMut(&'c str, usize)) {
    let mut arguments = command.args_iter();
    let Some(redis::Arg::Simple(name)) = arguments.next() else { return };
    see(name_of(name), arguments.len());
}

/// The name of a command, if it can be one.
fn name_of(bytes: &[u8]) -> &str {
    let is_name = bytes.len() <= MOST_BYTES
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte));
    match str::from_utf8(bytes) {
        Ok(name) if is_name => name,
        _ => "?",
    }
}

/// Reads commands as they are sent: `*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n`.
struct Packed<'c>(&'c [u8]);

impl<'c> Packed<'c> {
    /// A number behind this mark.
    fn number(&mut self, mark: u8) -> Option<usize> {
        let rest = self.0.strip_prefix(&[mark])?;
        let end = rest.iter().position(|byte| *byte == b'\r')?;
        let number = str::from_utf8(rest.get(..end)?).ok()?.parse().ok()?;
        self.0 = rest.get(end + 2..)?;
        Some(number)
    }

    fn argument(&mut self) -> Option<&'c [u8]> {
        let length = self.number(b'$')?;
        let (argument, rest) = self.0.split_at_checked(length)?;
        self.0 = rest.get(2..)?;
        Some(argument)
    }
}

impl<'c> Iterator for Packed<'c> {
    type Item = (&'c str, usize);

    fn next(&mut self) -> Option<Self::Item> {
        let arguments = self.number(b'*')?.checked_sub(1)?;
        let name = self.argument()?;
        for _ in 0..arguments {
            self.argument()?;
        }
        Some((name_of(name), arguments))
    }
}

/// Prints the operation.
pub(super) struct Operation<'c>(Batch<'c>);

impl fmt::Display for Operation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut first, mut count, mut is_same) = (None, 0, true);
        self.0.each(&mut |name, _| {
            count += 1;
            is_same &= *first.get_or_insert(name) == name;
        });
        let name = first.filter(|_| is_same);
        match (count, self.0.is_transaction, name) {
            (1, false, Some(name)) => f.write_str(name),
            (_, is_transaction, name) => {
                f.write_str(if is_transaction { "MULTI" } else { "PIPELINE" })?;
                name.map_or(Ok(()), |name| write!(f, " {name}"))
            }
        }
    }
}

/// Prints the commands.
pub(super) struct Text<'c>(Batch<'c>);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut result = Ok(());
        let mut count = 0;
        self.0.each(&mut |name, arguments| {
            if result.is_ok() && count <= MOST_COMMANDS {
                result = match count {
                    0 => f.write_str(name),
                    MOST_COMMANDS => return result = f.write_str("; …"),
                    _ => write!(f, "; {name}"),
                };
                for at in 0..arguments.min(MOST_ARGUMENTS + 1) {
                    let shown = if at == MOST_ARGUMENTS { " …" } else { " ?" };
                    result = result.and_then(|()| f.write_str(shown));
                }
            }
            count += 1;
        });
        result
    }
}

#[cfg(test)]
mod tests {
    use redis::{cmd, pipe};

    use super::*;

    fn shown(batch: Batch<'_>) -> (String, String, Option<usize>) {
        (batch.operation().to_string(), batch.text().to_string(), batch.size())
    }

    #[test]
    fn a_command_is_its_name_and_as_many_marks_as_arguments() {
        let mut set = cmd("SET");
        set.arg("user:ann").arg("secret").arg("EX").arg(10);

        for batch in [Batch::one(&set), Batch::packed(&set.get_packed_command())] {
            assert_eq!(shown(batch), ("SET".to_owned(), "SET ? ? ? ?".to_owned(), None));
        }
    }

    #[test]
    fn several_commands_are_a_pipeline_or_a_transaction() {
        let mut same = pipe();
        same.cmd("GET").arg("a").cmd("GET").arg("b");
        let mut mixed = pipe();
        mixed.atomic().cmd("SET").arg("a").arg("b").cmd("DEL").arg("c");
        let mut single = pipe();
        single.cmd("GET").arg("a");

        for (pipeline, operation, text, size) in [
            (&same, "PIPELINE GET", "GET ?; GET ?", Some(2)),
            (&mixed, "MULTI", "SET ? ?; DEL ?", Some(2)),
            (&single, "GET", "GET ?", None),
            (&pipe(), "PIPELINE", "", Some(0)),
        ] {
            let expected = (operation.to_owned(), text.to_owned(), size);
            assert_eq!(shown(Batch::several(pipeline)), expected);
            let packed = pipeline.get_packed_pipeline();
            assert_eq!(shown(Batch::packed(&packed)), expected);
        }
    }

    #[test]
    fn long_pipelines_and_commands_are_cut() {
        let mut many = pipe();
        (0..100).for_each(|key| {
            many.cmd("GET").arg(key);
        });
        let mut long = cmd("MGET");
        (0..100).for_each(|key| {
            long.arg(key);
        });

        let (_, text, size) = shown(Batch::several(&many));
        assert_eq!(
            (text.matches("GET").count(), text.ends_with("; …"), size),
            (16, true, Some(100))
        );
        let (_, text, _) = shown(Batch::one(&long));
        assert_eq!((text.matches('?').count(), text.ends_with(" …")), (16, true));
    }

    #[test]
    fn what_is_no_command_is_not_shown() {
        let mut odd = cmd("my secret");
        odd.arg("a");

        assert_eq!(Batch::one(&odd).text().to_string(), "? ?");
        assert_eq!(Batch::packed(b"*1\r\n$99\r\nGET").text().to_string(), "");
        assert_eq!(Batch::packed(b"PING\r\n").operation().to_string(), "PIPELINE");
    }
}
