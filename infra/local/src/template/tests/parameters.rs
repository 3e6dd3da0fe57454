//! Parameters: defaults, given values and the constraints that a template sets itself.

use super::{
    super::{Settings, TemplateError, read},
    settings,
};

fn with(declaration: &str, given: Option<&str>) -> Result<String, TemplateError> {
    let text = format!(
        "Parameters:\n  Value: {declaration}\nResources: {{ Q: {{ Type: AWS::SQS::Queue }} }}\n\
         Outputs: {{ Value: {{ Value: !Sub 'is ${{Value}}' }} }}"
    );
    let parameters = given.map(|value| ("Value".to_owned(), value.to_owned())).into_iter().collect();
    let stack = read(&text, &Settings { parameters, ..settings() })?;
    Ok(stack.outputs.into_iter().map(|output| output.value).collect())
}

#[test]
fn a_given_value_goes_before_the_default() {
    assert_eq!(with("{ Type: String, Default: usual }", None).as_deref(), Ok("is usual"));
    assert_eq!(with("{ Type: String, Default: usual }", Some("given")).as_deref(), Ok("is given"));
    assert_eq!(with("{ Type: Number, Default: 5 }", None).as_deref(), Ok("is 5"));
    assert_eq!(with("{ Type: String }", Some("")).as_deref(), Ok("is "));
}

#[test]
fn a_value_that_breaks_a_constraint_is_refused() {
    let table = [
        ("{ Type: String }", None, "has no default, and no value was given"),
        ("{ Type: String, AllowedValues: [a, b] }", Some("c"), r#""c" is none of a, b"#),
        (
            "{ Type: String, AllowedPattern: '[^@ ]+@[^@ ]+' }",
            Some("nobody"),
            r#""nobody" does not match [^@ ]+@[^@ ]+"#,
        ),
        ("{ Type: String, AllowedPattern: 'a|b' }", Some("ab"), r#""ab" does not match a|b"#),
        ("{ Type: String, MinLength: 2 }", Some("a"), r#"the length of "a" breaks MinLength 2"#),
        ("{ Type: String, MaxLength: '2' }", Some("abc"), r#"the length of "abc" breaks MaxLength 2"#),
        ("{ Type: Number }", Some("five"), r#""five" is not a number"#),
        ("{ Type: Number, MinValue: 1 }", Some("0"), "0 breaks MinValue 1"),
        ("{ Type: Number, MaxValue: 1 }", Some("1.5"), "1.5 breaks MaxValue 1"),
        ("{ Type: 'AWS::SSM::Parameter::Value<String>' }", None, "has no default, and no value was given"),
    ];
    for (declaration, given, problem) in table {
        let wanted = TemplateError::Parameter { line: 2, name: "Value".to_owned(), problem: problem.to_owned() };
        assert_eq!(with(declaration, given), Err(wanted), "{declaration}");
    }
}

#[test]
fn a_value_for_no_parameter_is_refused() {
    let parameters = [("Nothing".to_owned(), "x".to_owned())].into();
    let refused = read("Resources: { Q: { Type: AWS::SQS::Queue } }", &Settings { parameters, ..settings() });
    assert_eq!(refused, Err(TemplateError::UnknownParameter { name: "Nothing".to_owned() }));
}
