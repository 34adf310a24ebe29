//! The writing of a file with the mode that a test wants it to have.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

pub fn write(file: &Path, text: &str, mode: u32) {
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, text).unwrap();
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode)).unwrap();
}
