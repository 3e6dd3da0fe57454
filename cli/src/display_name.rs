//! Short names for display: an ARN without its account, a deployed name without its stack and its random end.

/// How long the random end of a deployed name is.
const RANDOM: std::ops::RangeInclusive<usize> = 12..=13;

/// What an ARN or a name means in this stack; what is not of the stack stays as it is.
pub fn display_name<'n>(name: &'n str, stack: &str) -> &'n str {
    let last = if name.starts_with("arn:") { name.rsplit([':', '/']).next().unwrap_or(name) } else { name };
    let inside = last.strip_prefix(stack).and_then(|rest| rest.strip_prefix('-'));
    let is_random = |end: &str| {
        RANDOM.contains(&end.len()) && end.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit())
    };
    match inside.and_then(|inside| inside.rsplit_once('-')) {
        // In a nested stack the id and the random end of that stack stand before.
        Some((logical, end)) if is_random(end) => match logical.rsplit_once('-') {
            Some((nested, logical)) if nested.rsplit('-').next().is_some_and(is_random) => logical,
            _ => logical,
        },
        // A function has the name of the stack and its logical id.
        _ => inside.filter(|inside| is_logical_id(inside)).unwrap_or(last),
    }
}

fn is_logical_id(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_stack_made_is_called_as_in_its_template_and_all_else_by_its_whole_name() {
        let arn = "arn:aws:lambda:us-east-1:000000000000:function:shop-OrderOnPlaceOrder-IX5F23JJPQZE";
        assert_eq!(display_name(arn, "shop"), "OrderOnPlaceOrder");
        assert_eq!(display_name("shop-OrderOnPlaceOrder", "shop"), "OrderOnPlaceOrder");
        let nested = "shop-Order-9F5C23JJPQ7E-OrderDeadLetters-IX5F23JJPQZE";
        assert_eq!(display_name(nested, "shop"), "OrderDeadLetters");
        assert_eq!(display_name(arn, "other"), "shop-OrderOnPlaceOrder-IX5F23JJPQZE");
        assert_eq!(display_name("arn:aws:events:us-east-1:1:rule/causeway/mine", "shop"), "mine");
        assert_eq!(display_name("shop-by-hand", "shop"), "shop-by-hand");
        assert_eq!(display_name("RelayCommits", "shop"), "RelayCommits");
    }
}
