//! What may stand between the tables and the logins of a drain, from a note to a table that takes none.

/// All that was found about the tables. `init-db`, `check` and `drain` go by it alike.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judgement {
    pub findings: Vec<Finding>,
}

/// One thing about a table that somebody should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub weight: Weight,
    pub text: String,
    /// The statement that mends it, where one does.
    pub cure: Option<String>,
}

/// How many logins a finding may cost, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// None that can be foretold.
    Note,
    RefusesSome,
    RefusesAll,
}

impl Judgement {
    /// The weightiest of the findings; none means that the tables fit.
    pub fn worst(&self) -> Option<Weight> {
        self.findings.iter().map(|finding| finding.weight).max()
    }

    /// Whether all tables fit but for notes.
    pub fn fits(&self) -> bool {
        self.worst().is_none_or(|weight| weight == Weight::Note)
    }

    pub fn of_weight(&self, weight: Weight) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.weight == weight)
    }
}

impl Finding {
    pub fn new(weight: Weight, text: impl Into<String>) -> Finding {
        Finding { weight, text: text.into(), cure: None }
    }

    pub fn cured_by(mut self, statement: impl Into<String>) -> Finding {
        self.cure = Some(statement.into());
        self
    }
}

/// As one sentence: what was found, and what mends it.
impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)?;
        self.cure.as_ref().map_or(Ok(()), |cure| write!(f, " (to mend it: {cure})"))
    }
}
