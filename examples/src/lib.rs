//! Each binary of this package is one story that runs offline.
