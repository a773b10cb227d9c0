use std::{
    fs::File,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use proptest::prelude::*;

use super::*;
use crate::diag::Level;

const MIB: u64 = 1024 * 1024;

/// A folder of one test, gone with it.
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    pub(super) fn new() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Relaxed);
        let name = format!("spandrel-spool-{}-{number}", process::id());
        let path = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }

    pub(super) fn spool(&self, max_bytes: u64) -> Spool {
        Spool::new(self.0.clone(), max_bytes, Encoding::Protobuf)
    }

    pub(super) fn files(&self) -> Vec<PathBuf> {
        self.spool(0).segments().into_iter().map(|(path, _)| path).collect()
    }

    fn bytes(&self) -> u64 {
        self.spool(0).segments().iter().map(|(_, bytes)| bytes).sum()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// How many spans the request of that number has.
fn spans(number: u32) -> u32 {
    number % 5 + 1
}

/// A request that its number is in.
fn request(number: u32, bytes: usize) -> Vec<u8> {
    let mut request = number.to_le_bytes().to_vec();
    request.resize(bytes.max(4), number as u8);
    request
}

fn append(spool: &mut Spool, numbers: impl IntoIterator<Item = u32>, bytes: usize) {
    for number in numbers {
        spool.append(spans(number), &request(number, bytes)).unwrap();
    }
}

/// Takes everything that there is to take; the numbers of the requests.
fn take_all(spool: &mut Spool) -> Vec<u32> {
    let (mut taken, mut payload) = (Vec::new(), Vec::new());
    while let Some(number) = oldest(spool, &mut payload) {
        taken.push(number);
        spool.forget();
    }
    taken
}

/// The number of the oldest request.
fn oldest(spool: &mut Spool, payload: &mut Vec<u8>) -> Option<u32> {
    let has = spool.oldest(payload)?;
    let number = u32::from_le_bytes(payload[..4].try_into().unwrap());
    assert_eq!((has, payload.as_slice()), (spans(number), &*request(number, payload.len())));
    Some(number)
}

#[test]
fn requests_come_back_in_their_order_and_leave_nothing_behind() {
    let folder = Folder::new();
    let mut spool = folder.spool(MIB);

    append(&mut spool, 1..=100, 2_000);
    assert!(folder.files().len() > 2, "several segments");
    let taken = take_all(&mut spool);
    append(&mut spool, 101..=102, 2_000);

    assert_eq!(taken, (1..=100).collect::<Vec<_>>());
    assert_eq!(take_all(&mut spool), [101, 102]);
    assert_eq!((folder.files(), spool.take_lost()), (vec![], 0));
}

#[test]
fn the_next_process_goes_on_where_the_one_before_it_ended() {
    let folder = Folder::new();
    let mut before = folder.spool(MIB);
    append(&mut before, 1..=5, 100);
    let mut payload = Vec::new();
    for expected in 1..=2 {
        assert_eq!(oldest(&mut before, &mut payload), Some(expected));
        before.forget();
    }
    // Shown, but not done with.
    assert_eq!(oldest(&mut before, &mut payload), Some(3));
    assert_eq!(oldest(&mut before, &mut payload), Some(3));
    append(&mut before, 6..=7, 100);
    drop(before);

    assert_eq!(take_all(&mut folder.spool(MIB)), [3, 4, 5, 6, 7]);
}

#[test]
fn the_bound_holds_and_every_request_is_shown_or_lost() {
    let folder = Folder::new();
    let said = diag::capture();
    let mut spool = folder.spool(MIB);

    for number in 1..=1_000 {
        append(&mut spool, [number], 5_000);
        assert!(folder.bytes() <= MIB, "{} bytes", folder.bytes());
    }
    let taken = take_all(&mut spool);

    let first = taken[0];
    assert_eq!(taken, (first..=1_000).collect::<Vec<_>>());
    assert!(taken.len() > 150, "{} of 200 that would fit", taken.len());
    assert_eq!(spool.take_lost(), (1..first).map(|number| u64::from(spans(number))).sum::<u64>());
    assert_eq!(said.of(Level::Warn).len(), 1, "{:?}", said.of(Level::Warn));
}

#[test]
fn what_is_being_sent_counts_as_lost_when_there_is_no_room() {
    let folder = Folder::new();
    let mut spool = folder.spool(16_000);
    append(&mut spool, [2, 3], 6_000);
    let mut payload = Vec::new();
    assert_eq!(oldest(&mut spool, &mut payload), Some(2));

    append(&mut spool, [4], 6_000);

    assert_eq!(spool.take_lost(), u64::from(spans(2)));
    // Too late to be marked: it is not there any more.
    spool.forget();
    assert_eq!(take_all(&mut spool), [3, 4]);
}

#[test]
fn a_request_larger_than_the_spool_is_refused_and_takes_no_room() {
    let folder = Folder::new();
    let mut spool = folder.spool(10_000);
    append(&mut spool, [1], 4_000);

    let refused = spool.append(2, &request(2, 20_000)).unwrap_err();

    assert!(refused.to_string().contains("larger than the spool"));
    assert_eq!((take_all(&mut spool), spool.take_lost()), (vec![1], 0));
}

#[test]
fn a_process_that_lives_keeps_what_it_is_writing() {
    let folder = Folder::new();
    let (mut one, mut other) = (folder.spool(MIB), folder.spool(MIB));
    append(&mut one, [1, 2], 100);
    append(&mut other, [3], 100);

    assert_eq!(take_all(&mut other), [3]);
    drop(one);

    assert_eq!(take_all(&mut other), [1, 2]);
}

#[test]
fn a_request_is_sent_by_one_of_those_who_share_a_folder() {
    let folder = Folder::new();
    append(&mut folder.spool(2 * MIB), 1..=400, 3_000);

    let together: Vec<_> = std::thread::scope(|scope| {
        let takers: Vec<_> =
            (0..4).map(|_| scope.spawn(|| take_all(&mut folder.spool(2 * MIB)))).collect();
        takers.into_iter().flat_map(|taker| taker.join().unwrap()).collect()
    });

    let mut sorted = together.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (1..=400).collect::<Vec<_>>());
}

#[test]
fn spans_in_another_encoding_are_left_to_who_can_send_them() {
    let folder = Folder::new();
    let said = diag::capture();
    append(&mut folder.spool(MIB), [1], 100);
    let mut json = Spool::new(folder.0.clone(), MIB, Encoding::Json);

    assert_eq!((take_all(&mut json), take_all(&mut json)), (vec![], vec![]));

    assert_eq!(said.of(Level::Warn).len(), 1, "{:?}", said.of(Level::Warn));
    assert_eq!(take_all(&mut folder.spool(MIB)), [1]);
}

#[test]
fn a_folder_that_cannot_be_used_is_tried_again() {
    let folder = Folder::new();
    fs::write(&folder.0, "no folder").unwrap();
    let mut spool = folder.spool(MIB);
    let mut payload = Vec::new();

    assert!(spool.append(1, &request(1, 100)).is_err());
    assert_eq!(spool.oldest(&mut payload), None);
    fs::remove_file(&folder.0).unwrap();
    append(&mut spool, [2], 100);
    fs::remove_dir_all(&folder.0).unwrap();
    append(&mut spool, [3], 100);

    assert_eq!(take_all(&mut spool), [3]);
}

#[test]
fn nobody_else_may_read_it() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = Folder::new();
    append(&mut folder.spool(MIB), [1], 100);

    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&folder.0), mode(&folder.files()[0])), (0o700, 0o600));
}

#[test]
fn a_segment_that_was_cut_off_anywhere_shows_what_is_whole() {
    let folder = Folder::new();
    append(&mut folder.spool(MIB), 1..=3, 200);
    let path = folder.files().remove(0);
    let whole = fs::read(&path).unwrap();
    let entry = ENTRY_HEADER as usize + 200;

    for len in 0..whole.len() {
        let said = diag::capture();
        fs::write(&path, &whole[..len]).unwrap();
        let mut spool = folder.spool(MIB);

        let shown = take_all(&mut spool);

        let expected = len.saturating_sub(FILE_HEADER as usize) / entry;
        assert_eq!(shown, (1..=expected as u32).collect::<Vec<_>>(), "{len} bytes");
        let is_torn =
            len > FILE_HEADER as usize && !(len - FILE_HEADER as usize).is_multiple_of(entry);
        assert_eq!(said.of(Level::Warn).len(), usize::from(is_torn), "{len} bytes");
        assert_eq!(folder.files(), [""; 0].map(PathBuf::from));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn damage_anywhere_harms_no_request_but_those_it_hits(at in 0_usize..700, to: u8) {
        let _said = diag::capture();
        let folder = Folder::new();
        append(&mut folder.spool(MIB), 1..=3, 200);
        let path = folder.files().remove(0);
        let mut bytes = fs::read(&path).unwrap();
        let at = at % bytes.len();
        let changed = bytes[at] != to;
        bytes[at] = to;
        fs::write(&path, &bytes).unwrap();
        let mut spool = folder.spool(MIB);

        let shown = take_all(&mut spool);

        prop_assert!(shown.iter().all(|number| (1..=3).contains(number)), "{:?}", shown);
        prop_assert!(!changed || at < 16 || shown.len() >= (at - 16) / 213, "{:?}", shown);
        // Not exactly those, if it hits their number; but no number that could not be.
        prop_assert!(spool.take_lost() <= 1_000);
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _said = diag::capture();
        let folder = Folder::new();
        fs::create_dir_all(&folder.0).unwrap();
        let header = [&b"spandrel\x01\0"[..], &[0; 6]].concat();
        fs::write(folder.0.join("1.spool"), [header, bytes.clone()].concat()).unwrap();
        fs::write(folder.0.join("2.spool"), bytes).unwrap();
        let mut spool = folder.spool(MIB);

        take_all(&mut spool);
        append(&mut spool, [1], 100);

        prop_assert_eq!(take_all(&mut spool), [1]);
    }
}

#[test]
fn something_that_is_no_segment_gives_way_when_there_is_no_room() {
    let _said = diag::capture();
    let folder = Folder::new();
    fs::create_dir_all(&folder.0).unwrap();
    File::create(folder.0.join("0.spool")).unwrap().set_len(9_000).unwrap();
    fs::write(folder.0.join("notes.txt"), "mine").unwrap();
    let mut spool = folder.spool(10_000);

    append(&mut spool, [1], 4_000);

    assert_eq!(take_all(&mut spool), [1]);
    assert!(folder.0.join("notes.txt").exists(), "what is no spool's is nobody's to remove");
}
