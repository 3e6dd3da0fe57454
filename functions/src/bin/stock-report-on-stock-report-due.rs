//! Command `StockReportDue` → handled by stock-report.

fn main() -> std::process::ExitCode {
    causeway_aws::serve(env!("CARGO_BIN_NAME"), functions::stock_report::on_stock_report_due)
}
