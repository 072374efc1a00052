//! The offline model: what it calculates is what was asked, or nothing.

use agent_orchestrator::tools::builtin::calculator::evaluate;
use proptest::prelude::*;

use super::{
    offline::{step, turn},
    user,
};

/// The expressions the calculator is asked for.
async fn expressions(instructions: &str) -> Vec<String> {
    let answer = turn(vec![user(&step(instructions).render())], &["calculator"]).await;
    let calls = answer.tool_calls.iter();
    calls
        .map(|call| {
            let arguments: serde_json::Value = serde_json::from_str(&call.arguments).unwrap();
            arguments["expression"].as_str().unwrap().to_owned()
        })
        .collect()
}

#[tokio::test]
async fn numbers_mean_what_their_shape_says() {
    for (words, expression, value) in [
        ("Calculate 1.000,50 + 1.000,50", "1000.50 + 1000.50", "2001"),
        ("Calculate 1,000.50 + 1.000,50", "1000.50 + 1000.50", "2001"),
        ("calculate 5 000 + 1", "5000 + 1", "5001"),
        ("calculate 1 + 5 000", "1 + 5000", "5001"),
        ("calculate 5\u{202f}000 plus 1\u{a0}000", "5000 + 1000", "6000"),
        (
            "1 000,50 + 2 000,25 calculer la somme",
            "1000.50 + 2000.25",
            "3000.75",
        ),
        ("Calculate 1 000.50 * 2", "1000.50 * 2", "2001"),
        ("Calculate 1'000.50 + 1", "1000.50 + 1", "1001.5"),
        ("Calculate 1,000,000 + 1", "1000000 + 1", "1000001"),
        ("Calculate 1.000.000 + 0,5", "1000000 + 0.5", "1000000.5"),
        ("Calculate 1,000 + 1", "1000 + 1", "1001"),
        ("Calculate 1.000 + 1", "1.000 + 1", "2"),
        ("Calculate 1.000 + 1,50", "1000 + 1.50", "1001.5"),
        ("Berechne 1.000 + 1", "1000 + 1", "1001"),
        ("Calculate 3,5 + 1,5", "3.5 + 1.5", "5"),
        ("Calculate .5 + 0.125", "0.5 + 0.125", "0.625"),
        ("Summe von 1,5 und 2,5", "1.5 + 2.5", "4"),
        ("sum of 1,2,3,4", "1 + 2 + 3 + 4", "10"),
    ] {
        assert_eq!(expressions(words).await, [expression], "{words}");
        assert_eq!(evaluate(expression).unwrap(), value, "{words}");
    }
}

#[tokio::test]
async fn an_expression_is_calculated_as_a_whole() {
    for (words, expression, value) in [
        ("Calculate sqrt(16) + 2", "sqrt(16) + 2", "6"),
        ("Calculate sqrt(10 + 6)", "sqrt(10 + 6)", "4"),
        ("Calculate max(3, 7) * min(2, 5)", "max(3, 7) * min(2, 5)", "14"),
        ("Calculate sum(1,2) + 1", "sum(1, 2) + 1", "4"),
        ("Calculate avg(1, 2, 6) - abs(-3)", "avg(1, 2, 6) - abs(-3)", "0"),
        ("Calculate Round(2.567, 2)", "round(2.567, 2)", "2.57"),
        ("Calculate 2^10", "2 ^ 10", "1024"),
        ("2**3**2", "2 ^ 3 ^ 2", "512"),
        ("Was ist 2 hoch 10?", "2 ^ 10", "1024"),
        ("10 durch 4", "10 / 4", "2.5"),
        ("10 geteilt durch 4", "10 / 4", "2.5"),
        ("Calculate -5 + 3", "-5 + 3", "-2"),
        ("Calculate 5 +\n3 * 2", "5 + 3 * 2", "11"),
        ("sum of 12, 30,\nand 5", "12 + 30 + 5", "47"),
        ("Calculate 10-4-3", "10 - 4 - 3", "3"),
        ("Calculate the cost of 3 * 19.99", "3 * 19.99", "59.97"),
        ("Calculate (-5 + 3) * -2", "(-5 + 3) * -2", "4"),
        ("Calculate **5 + 3**", "5 + 3", "8"),
        ("In 2026 calculate 5 + 3", "5 + 3", "8"),
        ("- 5 + 3", "5 + 3", "8"),
        ("the result of 3 * 4", "3 * 4", "12"),
        ("the sum of 3 * 4 + 1", "3 * 4 + 1", "13"),
        ("Calculate 12 * 7 and add it to the notes", "12 * 7", "84"),
        ("请计算12*7等于几", "12 * 7", "84"),
    ] {
        assert_eq!(expressions(words).await, [expression], "{words}");
        assert_eq!(evaluate(expression).unwrap(), value, "{words}");
    }
}

#[tokio::test]
async fn what_is_not_understood_as_a_whole_is_not_calculated() {
    for words in [
        "Calculate 2026-11-22 - 2026-01-01",
        "Calculate 22.11.2026 - 01.01.2026",
        "Calculate 12/11/2026 + 1",
        "Calculate 12:30 + 1",
        "Calculate the cost of running 24/7",
        "How much is a 3-5 year plan?",
        "Order 5 for 3 + 4, how much is it?",
        "Calculate the square root of: 16 + 2",
        "Calculate 100!",
        "Calculate 3 + 5!",
        "Calculate sin(30) + 2",
        "Calculate f(16 + 2)",
        "Calculate f(3) * (4 + 5)",
        "Calculate the square root of 16 + 2",
        "Calculate the square root of the sum of 9 and 16",
        "Calculate √16 + 2 * 3",
        "计算根号16+2",
        "计算3+4万",
        "Calculate log 100 + 2",
        "Calculate twice 3 + 4",
        "Calculate 3 + 4 squared",
        "Calculate 2 + 2 million",
        "Calculate 10 modulo 3 + 1",
        "Calculate 10 over 2 + 3",
        "Calculate 10 over 2 + 3 over 4 + 1",
        "Calculate 2 to the power of 10 + 1",
        "Calculate x + 3 * 4",
        "Calculate y -5 + 3",
        "Calculate 2(3 + 4)",
        "Calculate (3 + 4)(5 + 6)",
        "Calculate 3 + 4 * pi",
        "Calculate (3 + 4",
        "Calculate 3 + 4)",
        "Calculate 80 + 15%",
        "Calculate 5 EUR + 3 * 2",
        "Calculate 3 + 4 EUR + 5 * 6",
        "Calculate 12 : 4 + 1",
        "Calculate 1.2.3 + 4 * 5",
        "Calculate 192.168.100.200 + 1",
        "Calculate 1,00,000 + 1",
        "Calculate 1.5 + 1,5 + 1.000",
        "Calculate 1,000 + 3,5",
        "Calculate 2026 000 + 1",
        "Calculate 5  000 + 1",
        "Calculate 1. 5 + 3",
        "Calculate max(1,5, 2,5)",
        "Calculate sum(1,000, 2)",
        "Calculate sum(1,5 + 2,5)",
        "Calculate max(5 000,5 + 1)",
        "Calculate sqrt(6,25)",
        "Calculate round(2,5)",
        "Calculate 15% of 3 million",
        "Calculate 15% of the sum of 12 and 30",
        "sum of invoices 1001 over 120.50 EUR and 1002 over 79.50 EUR",
        "sum of 1001 over 120.50 EUR and 1002 over 79.50 EUR",
        "sum of 12 apples and 30 green pears and 5 plums",
        "sum of 3,4 and 5",
        "sum of 1,00,000 and 5",
        "sum of 12 and 30 divided by 2",
        "sum of 2 million and 3",
        "Multiply 3 by 4 plus 5",
        "Add 12 and 30 to 5",
        "Divide 10 by 4 and 2",
    ] {
        assert!(
            expressions(words).await.is_empty(),
            "{words}: {:?}",
            expressions(words).await
        );
    }
}

/// Hundredths as people write them; the last argument chooses how.
fn written(hundredths: u32, style: usize) -> String {
    let (whole, decimals) = ((hundredths / 100).to_string(), hundredths % 100);
    let grouped = |sign: &str| {
        let from_the_right: Vec<&[u8]> = whole.as_bytes().rchunks(3).collect();
        let groups = from_the_right.iter().rev();
        groups
            .map(|group| String::from_utf8_lossy(group))
            .collect::<Vec<_>>()
            .join(sign)
    };
    match style {
        0 => format!("{whole}.{decimals:02}"),
        1 => format!("{whole},{decimals:02}"),
        2 => format!("{}.{decimals:02}", grouped(",")),
        3 => format!("{},{decimals:02}", grouped(".")),
        4 => format!("{},{decimals:02}", grouped(" ")),
        5 => format!("{}.{decimals:02}", grouped(" ")),
        6 => format!("{},{decimals:02}", grouped("\u{202f}")),
        7 => format!("{}.{decimals:02}", grouped("'")),
        _ => unreachable!("{style}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    /// However two numbers are written, what is calculated is right.
    #[test]
    fn what_is_calculated_is_right(
        (a, b) in (0_u32..1_000_000_000, 0_u32..10_000_000),
        (style, other_style) in (0_usize..8, 0_usize..8),
        (sign, operator) in prop::sample::select(vec![
            (" + ", '+'), ("+", '+'), (" plus ", '+'), (" - ", '-'), (" − ", '-'), (" minus ", '-'), ("-", '-'),
            (" * ", '*'), ("×", '*'), (" times ", '*'), (" / ", '/'), ("÷", '/'), (" divided by ", '/'),
        ]),
        (before, behind) in prop::sample::select(vec![
            ("Calculate ", ""), ("What is ", "?"), ("", ""), ("Berechne ", "."), ("", " calculer"),
            ("Order 7: compute ", " for us"), ("(", ")"), ("Pay 3 ", ""), ("sqrt(", ")"), ("max(", ")"), ("5 ", " 5"),
        ]),
    ) {
        let words = format!("{before}{}{sign}{}{behind}", written(a, style), written(b, other_style));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let found = runtime.block_on(expressions(&words));
        let plain = format!("{}{operator}{}", written(a, 0), written(b, 0));
        let right = evaluate(&match before {
            "sqrt(" => format!("sqrt({plain})"),
            // A number beside the expression is not left out: it can only be the first group of digits.
            "Pay 3 " => format!("3{plain}"),
            _ => plain,
        });
        prop_assert!(found.len() <= 1, "{words}: {found:?}");
        let simple = style == 0 && other_style == 0 && sign.starts_with(' ');
        if simple && !["Pay 3 ", "5 "].contains(&before) {
            prop_assert_eq!(found.len(), 1, "{}", words);
        }
        prop_assert!(before != "5 " || found.is_empty(), "{words}: {found:?}");
        for expression in &found {
            let read = evaluate(expression);
            let same = match (&read, &right) {
                (Ok(read), Ok(right)) => read == right,
                (read, right) => read.is_err() && right.is_err(),
            };
            prop_assert!(same, "{words}: {expression} is {read:?}, not {right:?}");
        }
    }
}
