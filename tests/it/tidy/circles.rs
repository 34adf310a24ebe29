//! The finding of circles: files, or rooms, that come back to themselves through what they import.

use std::collections::{BTreeMap, BTreeSet};

/// Who imports whom.
pub type Imports<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// Circles that share no import, the shortest first: when they are opened, others may come to light.
pub fn circles<'a>(imports: &Imports<'a>) -> Vec<Vec<&'a str>> {
    let edges = imports.iter().flat_map(|(from, all)| all.iter().map(move |to| (*from, *to)));
    let around = edges.filter_map(|(from, to)| way(imports, to, from)).map(first_name_first);
    let mut all: Vec<Vec<&str>> = around.collect::<BTreeSet<_>>().into_iter().collect();
    all.sort_by_key(Vec::len);
    let mut told = BTreeSet::new();
    all.retain(|circle| {
        let steps: Vec<_> = circle.iter().zip(circle.iter().cycle().skip(1)).collect();
        let is_new = !steps.iter().any(|(from, to)| told.contains(&(**from, **to)));
        told.extend(steps.into_iter().filter(|_| is_new).map(|(from, to)| (*from, *to)));
        is_new
    });
    all
}

/// The shortest way from one to another, both included.
fn way<'a>(imports: &Imports<'a>, from: &'a str, to: &'a str) -> Option<Vec<&'a str>> {
    let mut ways = vec![vec![from]];
    let mut seen = BTreeSet::from([from]);
    let mut at = 0;
    while at < ways.len() {
        let last = *ways[at].last().unwrap();
        if last == to {
            return Some(ways.swap_remove(at));
        }
        for next in imports.get(last).into_iter().flatten() {
            if seen.insert(next) {
                ways.push([ways[at].as_slice(), &[*next]].concat());
            }
        }
        at += 1;
    }
    None
}

fn first_name_first(mut circle: Vec<&str>) -> Vec<&str> {
    let first = (0..circle.len()).min_by_key(|at| circle[*at]).unwrap();
    circle.rotate_left(first);
    circle
}

#[test]
fn each_circle_is_found_once_and_a_line_is_none() {
    let found = |edges: &[(&'static str, &'static str)]| {
        let mut imports = Imports::new();
        for (from, to) in edges {
            imports.entry(*from).or_default().insert(*to);
        }
        circles(&imports)
    };
    assert_eq!(found(&[("a", "b"), ("b", "c"), ("a", "c")]), [[""; 0]; 0]);
    assert_eq!(found(&[("b", "a"), ("a", "b"), ("c", "a")]), [["a", "b"]]);
    assert_eq!(found(&[("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")]), [["a", "b", "c"]]);
    assert_eq!(found(&[("a", "b"), ("b", "a"), ("b", "c"), ("c", "b")]), [["a", "b"], ["b", "c"]]);
    assert_eq!(found(&[("a", "b"), ("b", "a"), ("b", "c"), ("c", "a")]), [["a", "b"]]);
}
