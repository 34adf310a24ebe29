#![allow(dead_code)]
mod event;
mod failure;
mod mask;
mod message;
mod redact;
mod reject;
mod row;
mod transform;

fn main() {}
