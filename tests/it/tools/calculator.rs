//! The calculator: exact results, clear faults with their place, and no text that breaks it.

use agent_orchestrator::tools::builtin::calculator::{Fault, evaluate};
use proptest::prelude::*;

#[test]
fn results() {
    for (expression, result) in [
        ("0.1+0.2", "0.3"),
        ("1/3*3", "1"),
        ("1/3", "0.333333333333"),
        ("2/3", "0.666666666667"),
        ("-2/3", "-0.666666666667"),
        ("1/7", "0.142857142857"),
        ("1/8", "0.125"),
        ("1000000/7", "142857.142857"),
        ("10^20/3", "33333333333333333333"),
        ("1/999999999999999", "0.000000000000001"),
        ("0.9999999999999/3*3", "0.9999999999999"),
        ("29999999999999/3", "10000000000000"),
        ("19.99*3", "59.97"),
        ("123456789.123456789*2", "246913578.246913578"),
        ("2^100", "1267650600228229401496703205376"),
        ("2^-2", "0.25"),
        ("2^0.5", "1.41421356237"),
        ("4^0.5", "2"),
        ("1.05^30", "4.32194237515"),
        ("2^3^2", "512"),
        ("-2^2", "-4"),
        ("(-2)^2", "4"),
        ("(-8)^3", "-512"),
        ("0^0", "1"),
        ("10^300", "1e300"),
        ("-1.5*10^200", "-1.5e200"),
        ("1e3", "1000"),
        ("1.5E-3 + .5 + 5.", "5.5015"),
        ("--5", "5"),
        ("+-5", "-5"),
        ("2*-3", "-6"),
        ("1-2-3", "-4"),
        ("100/10/5", "2"),
        ("2+3*4", "14"),
        ("(2+3)*4", "20"),
        ("7 % 3", "1"),
        ("-7 % 3", "-1"),
        ("7.5 % 2", "1.5"),
        ("10 % (-3)", "1"),
        ("15%", "0.15"),
        ("15% of 80", "12"),
        ("15 % of 80 + 5", "17"),
        ("-15% of 80", "-12"),
        ("200 * 7.5%", "15"),
        ("50% - 3", "-2.5"),
        ("5% of (100 + 100)", "10"),
        ("10% of max(1, 50)", "5"),
        ("(15% of 80) % 5", "2"),
        ("1,234.50", "1234.5"),
        ("1,234,567 + 1", "1234568"),
        ("(1,234)", "1234"),
        ("sum(1,234)", "235"),
        ("sum((1,234), 1)", "1235"),
        ("sum(1, 2, 3.5)", "6.5"),
        ("AVG(1,2)", "1.5"),
        ("avg(1, 1, 2)", "1.33333333333"),
        ("min(3, -1, 2)", "-1"),
        ("max(1/3, 1/4)", "0.333333333333"),
        ("round(2.5)", "3"),
        ("round(-2.5)", "-3"),
        ("round(2.449)", "2"),
        ("round(1/3, 2)", "0.33"),
        ("round(1.005, 2)", "1.01"),
        ("round(1234.5, -2)", "1200"),
        ("round(2^0.5, 3)", "1.414"),
        ("round(1e300, 18)", "1e300"),
        ("sqrt(16)", "4"),
        ("sqrt(0.25)", "0.5"),
        ("sqrt(2)", "1.41421356237"),
        ("abs(-0.5)", "0.5"),
        ("abs(round(-0.4))", "0"),
        ("pi", "3.14159265359"),
        ("6 × 7 ÷ 2 − 1", "20"),
        ("2**10", "1024"),
        ("0 * -5", "0"),
        ("\t1\n+ 1 ", "2"),
        (
            "12345678901234567890123456789012345678901234567890.",
            "1.23456789012e49",
        ),
        ("0.00000000000000000000000000000000000000000000000001", "1e-50"),
        ("0.00000000000000000000000000000000000000000000000000", "0"),
    ] {
        assert_eq!(evaluate(expression).as_deref(), Ok(result), "{expression}");
    }
}

#[test]
fn faults_name_their_place() {
    let unexpected = |what: &str| Fault::Unexpected(what.to_owned());
    for (expression, fault, position) in [
        ("", Fault::Empty, 1),
        ("   ", Fault::Empty, 4),
        ("1/0", Fault::DivisionByZero, 2),
        ("1 + 5 % (1-1)", Fault::DivisionByZero, 7),
        ("0^-1", Fault::DivisionByZero, 2),
        ("1+", unexpected("the end"), 3),
        ("(1+2", unexpected("the end"), 5),
        ("1+2)", unexpected("\")\""), 4),
        ("()", unexpected("\")\""), 2),
        ("1 2", unexpected("this number"), 3),
        ("1.2.3", unexpected("this number"), 4),
        ("2(3)", unexpected("\"(\""), 2),
        ("2x", unexpected("\"x\""), 2),
        ("*2", unexpected("\"*\""), 1),
        ("15%%", unexpected("\"%\""), 4),
        ("sum", unexpected("the end"), 4),
        ("sum()", unexpected("\")\""), 5),
        ("sum(1,)", unexpected("\")\""), 7),
        ("1,23", Fault::MisplacedComma, 2),
        ("1234,567", Fault::MisplacedComma, 5),
        ("1,234,56", Fault::MisplacedComma, 6),
        ("3,5", Fault::MisplacedComma, 2),
        ("3 of 4", Fault::MisplacedOf, 3),
        ("é + $5", Fault::UnknownCharacter('é'), 1),
        ("5 + €5", Fault::UnknownCharacter('€'), 5),
        ("1 + .", Fault::UnknownCharacter('.'), 5),
        ("1 + exec(2)", Fault::UnknownName("exec".to_owned()), 5),
        ("sqrt(-1)", Fault::NotReal, 1),
        ("(-8)^0.5", Fault::NotReal, 5),
        ("9^9^9", Fault::ExponentTooLarge, 2),
        ("2^10001", Fault::ExponentTooLarge, 2),
        ("1e10000", Fault::ExponentTooLarge, 1),
        ("10^300*10^300", Fault::TooLarge, 7),
        ("1e400", Fault::TooLarge, 1),
        ("10^10000", Fault::TooLarge, 3),
        ("0.1^10000", Fault::TooSmall, 4),
        ("1e-200*1e-200", Fault::TooSmall, 7),
    ] {
        let error = evaluate(expression).unwrap_err();
        assert_eq!(
            (&error.fault, error.position),
            (&fault, position),
            "{expression}: {error}"
        );
    }
    assert_eq!(
        evaluate("1/0").unwrap_err().to_string(),
        "division by zero (at position 2)"
    );
    for expression in [
        "round(1, 2, 3)",
        "round(1, 0.5)",
        "round(1, 99)",
        "sqrt(1, 2)",
        "abs(1, 2)",
    ] {
        assert!(
            matches!(
                evaluate(expression).unwrap_err().fault,
                Fault::WrongArguments { .. }
            ),
            "{expression}"
        );
    }
}

#[test]
fn length_and_nesting_are_bounded() {
    let sum = |terms: usize| vec!["1"; terms].join("+");
    assert_eq!(evaluate(&sum(500)).as_deref(), Ok("500"));
    assert_eq!(evaluate(&sum(501)).unwrap_err().fault, Fault::TooLong);
    let nested = |depth: usize| format!("{}1{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(evaluate(&nested(63)).as_deref(), Ok("1"));
    for deep in [
        nested(64),
        nested(499),
        "-".repeat(999),
        "2^".repeat(499) + "1",
        "sum(".repeat(250),
    ] {
        assert_eq!(evaluate(&deep).unwrap_err().fault, Fault::TooDeep, "{deep}");
    }
    assert_eq!(
        evaluate(&"(".repeat(1_000_000)).unwrap_err().fault,
        Fault::TooLong
    );
}

/// An expression of small whole numbers and its value in floating point; `None` where that has none.
fn arithmetic() -> impl Strategy<Value = (String, Option<f64>)> {
    let number = (0_i32..20).prop_map(|number| (number.to_string(), Some(f64::from(number))));
    number.prop_recursive(5, 40, 2, |inner| {
        (inner.clone(), inner, 0..6_usize).prop_map(|((left, a), (right, b), operator)| {
            let symbol = ["+", "-", "*", "/", "%", "-"][operator];
            let value = a.zip(b).and_then(|(a, b)| match symbol {
                "+" => Some(a + b),
                "-" => Some(a - b),
                "*" => Some(a * b),
                "/" => (b != 0.0).then(|| a / b),
                // Only on whole numbers: on others the smallest rounding of a float decides.
                _ => (b != 0.0 && a.fract() == 0.0 && b.fract() == 0.0).then(|| a % b),
            });
            (format!("({left}) {symbol} ({right})"), value)
        })
    })
}

proptest! {
    #[test]
    fn any_text_has_a_result_or_a_fault(text in any::<String>()) {
        let _ = evaluate(&text);
    }

    #[test]
    fn any_text_of_its_own_characters_has_a_result_or_a_fault(
        text in "([0-9.,+*/%^() -]|[0-9]{1,40}|e-?[0-9]{1,4}|of|sum\\(|round\\(|sqrt\\(|pi){0,60}"
    ) {
        if let Err(error) = evaluate(&text) {
            prop_assert!((1..=text.chars().count() + 1).contains(&error.position), "{error}");
        }
    }

    #[test]
    fn whole_number_arithmetic_agrees_with_floating_point((expression, expected) in arithmetic()) {
        match (evaluate(&expression), expected) {
            (Ok(result), Some(expected)) => {
                let result: f64 = result.parse().unwrap();
                let close = (result - expected).abs() <= 1e-9 * expected.abs().max(1.0);
                prop_assert!(close, "{expression} = {result}, not {expected}");
            }
            (Err(error), Some(_)) => prop_assert!(error.fault == Fault::TooLong || error.fault == Fault::DivisionByZero, "{expression}: {error}"),
            (_, None) => {}
        }
    }

    #[test]
    fn decimals_come_back_as_they_were_written(whole in 0_u64..1_000_000_000, fraction in "[0-9]{0,15}[1-9]") {
        let text = format!("{whole}.{fraction}");
        prop_assert_eq!(evaluate(&text), Ok(text));
    }
}
