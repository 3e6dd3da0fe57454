//! Command `DailyReportDue` → handled by analytics.

fn main() -> std::process::ExitCode {
    causeway_aws::serve(env!("CARGO_BIN_NAME"), functions::analytics::on_daily_report_due)
}
