//! The id of the container that the process runs in, from what the kernel tells about itself.

use super::Machine;

/// The files that a container runtime mounts from its own directory into each container.
const MOUNTED: [&str; 3] = ["/etc/hostname", "/etc/hosts", "/etc/resolv.conf"];

/// The id, if there is a container.
pub(super) fn id(machine: &Machine<'_>) -> Option<String> {
    let of_cgroup = (machine.read)("/proc/self/cgroup").and_then(|text| of_cgroup(&text));
    of_cgroup.or_else(|| (machine.read)("/proc/self/mountinfo").and_then(|text| of_mounts(&text)))
}

/// cgroup v1, and v2 without a namespace of its own: the path ends in the id.
///
/// `12:cpu:/docker/<id>`, `…/kubepods-pod<uid>.slice/cri-containerd-<id>.scope`,
/// `…/ecs/<task>/<task>-<number>`.
fn of_cgroup(text: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let path = line.splitn(3, ':').nth(2)?;
        let last = path.rsplit('/').next()?;
        let last = last.strip_suffix(".scope").unwrap_or(last);
        let id = last.rsplit(['-', ':']).next()?;
        if is_id(id) {
            return Some(id.to_owned());
        }
        is_ecs_id(last).then(|| last.to_owned())
    })
}

/// cgroup v2 in a namespace shows nothing; but some files in `/etc` are mounted from a directory
/// named after the container.
///
/// Any other mount may belong to another container: a host sees them all. The sandbox of a pod
/// has an id too, which is not that of the container.
fn of_mounts(text: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let mut fields = line.split(' ');
        let root = fields.nth(3)?;
        let mount_point = fields.next()?;
        if !MOUNTED.contains(&mount_point) {
            return None;
        }
        let mut parts = root.split('/').skip_while(|part| !part.ends_with("containers"));
        let id = parts.find(|part| is_id(part))?;
        let is_sandbox = root.split('/').any(|part| part == "sandboxes");
        (!is_sandbox).then(|| id.to_owned())
    })
}

fn is_id(text: &str) -> bool {
    text.len() == 64 && is_hex(text)
}

/// Fargate: the task in 32 hexadecimal digits, and a number.
fn is_ecs_id(text: &str) -> bool {
    text.split_once('-').is_some_and(|(task, number)| {
        task.len() == 32
            && is_hex(task)
            && !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9";
    const OTHER: &str = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";

    #[test]
    fn the_cgroup_path_ends_in_the_id() {
        for path in [
            format!("/docker/{ID}"),
            format!("/system.slice/docker-{ID}.scope"),
            format!("/../../{ID}"),
            format!("/kubepods/burstable/pod0f/{ID}"),
            format!("/kubepods.slice/kubepods-pod0f.slice/cri-containerd-{ID}.scope"),
            format!("/kubepods.slice/kubepods-pod0f.slice/crio-{ID}.scope"),
            format!("/kubelet/kubepods/pod0f/cri-containerd:{ID}"),
            format!("/machine.slice/libpod-{ID}.scope"),
        ] {
            let text = format!("13:name=x:/\n1:cpu:{path}\n0::/\n");
            assert_eq!(of_cgroup(&text).as_deref(), Some(ID), "{path}");
        }
    }

    #[test]
    fn a_fargate_task_has_an_id_of_its_own_form() {
        let id = "447438d8540c43d7a21c4e1f0f0a4f3e-0123456789";

        assert_eq!(of_cgroup(&format!("9:cpu:/ecs/447438d8/{id}")).as_deref(), Some(id));
    }

    #[test]
    fn a_process_outside_of_containers_has_none() {
        for text in
            ["0::/\n", "0::/user.slice/session-2.scope\n", "1:cpu:/system.slice/docker.service", ""]
        {
            assert_eq!(of_cgroup(text), None, "{text}");
        }
    }

    #[test]
    fn mounted_files_tell_the_id_where_the_cgroup_does_not() {
        for root in [
            format!("/var/lib/docker/containers/{ID}/hostname"),
            format!("/containers/overlay-containers/{ID}/userdata/hostname"),
        ] {
            let text = format!(
                "600 599 0:50 / / rw - overlay overlay rw,lowerdir=/var/lib/docker/overlay2/{OTHER}\n\
                 601 600 8:1 {root} /etc/hostname rw,relatime - ext4 /dev/sda1 rw\n"
            );
            assert_eq!(of_mounts(&text).as_deref(), Some(ID), "{root}");
        }
    }

    #[test]
    fn mounts_of_other_containers_and_of_sandboxes_are_not_ours() {
        for line in [
            format!("1 2 0:5 / /var/lib/docker/containers/{OTHER}/mounts/shm rw - tmpfs shm rw"),
            format!("1 2 8:1 /var/lib/x/sandboxes/{OTHER}/hostname /etc/hostname rw - ext4 a rw"),
            format!("1 2 8:1 /srv/containers/{OTHER}/data /data rw - ext4 a rw"),
        ] {
            assert_eq!(of_mounts(&line), None, "{line}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_search_panic(text in "([0-9a-f/: -]|containers|etc|hosts|\n|.){0,200}") {
            let _ = (of_cgroup(&text), of_mounts(&text));
        }
    }
}
