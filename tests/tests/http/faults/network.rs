//! The same in a network of the kernel's own: two hosts that a cable joins, which is slow, is pulled
//! out, or leads nowhere.
