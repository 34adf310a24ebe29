mod failure;

fn main() {}
