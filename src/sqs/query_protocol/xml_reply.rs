//! How a reply in XML is read: once, and whole or not at all.

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, Event};
use quick_xml::reader::Reader;

use crate::aws::CallError;
use crate::sqs::whole_xml::no_whole;

/// Goes through a reply whose outermost element has the name `root`. At the end of each element inside, `at_end` gets
/// the names down to it, as `Result/Message/Body`, and the text since the last tag, which it may take.
pub fn read(xml: &[u8], root: &str, mut at_end: impl FnMut(&str, &mut String)) -> Result<(), CallError> {
    let broken = || no_whole(xml);
    let mut reader = Reader::from_str(std::str::from_utf8(xml).map_err(|_| broken())?);
    reader.config_mut().expand_empty_elements = true;
    let (mut inside, mut path, mut text) = (false, String::new(), String::new());
    loop {
        match reader.read_event().map_err(|_| broken())? {
            Event::Start(tag) if inside => {
                path.extend(["/", tag.local_name().as_ref()]);
                text.clear();
            }
            Event::Start(tag) if tag.local_name().as_ref() == root => inside = true,
            Event::Start(_) => return Err(CallError::Malformed),
            Event::End(_) if path.is_empty() => return Ok(()),
            Event::End(_) => {
                at_end(path.trim_start_matches('/'), &mut text);
                text.clear();
                path.truncate(path.rfind('/').unwrap_or_default());
            }
            // As it came, line ends too: a body must match its checksum.
            Event::Text(part) => text.push_str(&part.into_inner()),
            Event::CData(part) => text.push_str(&part.into_inner()),
            Event::GeneralRef(name) => resolve(&name, &mut text).ok_or_else(broken)?,
            Event::Eof => return Err(broken()),
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
}

/// Also characters that XML forbids: some servers send them by their numbers.
fn resolve(name: &BytesRef<'_>, text: &mut String) -> Option<()> {
    match name.resolve_char_ref().ok()? {
        Some(character) => text.push(character),
        None => text.push_str(resolve_predefined_entity(name)?),
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn elements(xml: &str) -> Result<Vec<(String, String)>, CallError> {
        let mut found = Vec::new();
        read(xml.as_bytes(), "R", |path, text| found.push((path.to_owned(), std::mem::take(text))))?;
        Ok(found)
    }

    #[test]
    fn each_element_is_told_with_its_path_and_its_text_as_it_came() {
        let xml = "<?xml version='1.0'?>\n<n:R xmlns:n='u'>\n <M>\n<B x='1'> a\r\n&lt;&#x1;&amp;<![CDATA[<b>]]><!-- c --> </B><E/> </M>\n</n:R>\n";
        let expected = [("M/B", " a\r\n<\u{1}&<b> "), ("M/E", ""), ("M", " ")];
        let expected = expected.map(|(path, text)| (path.to_owned(), text.to_owned()));
        assert_eq!(elements(xml), Ok(expected.to_vec()));
    }

    #[test]
    fn a_reply_that_is_cut_short_is_no_reply() {
        let reply = "<R><B>text &amp; more</B></R>";
        assert!(elements(reply).is_ok());
        for cut in 0..reply.len() {
            assert!(
                matches!(elements(reply.get(..cut).unwrap()), Err(CallError::NoReply(_))),
                "cut at {cut}"
            );
        }
    }

    #[test]
    fn what_is_no_reply_to_this_action_is_a_strangers() {
        for stranger in ["no xml", "{}", "<html><br></html>", "<Response/>", "<ErrorResponse/>"] {
            assert_eq!(elements(stranger), Err(CallError::Malformed), "{stranger}");
        }
        for broken in ["<R><A></B></R>", "<R>&nbsp;</R>", "<R>&#0;</R>", "<R>& </R>"] {
            assert!(elements(broken).is_err(), "{broken}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_to_an_end(bytes: Vec<u8>, text in "(</?[RM/!?&]{1,3}>?|[a-c ]){0,20}") {
            for bytes in [bytes.as_slice(), format!("<R>{text}</R>").as_bytes()] {
                let _ = read(bytes, "R", |_, _| ());
            }
        }
    }
}
