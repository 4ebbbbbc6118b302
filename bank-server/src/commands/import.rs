//! `bankd import`.

use serde::Serialize;

use super::{TotalView, total_views};
use crate::cli::ImportArgs;
use crate::data::DataDir;
use crate::error::CommandError;
use crate::import::Known;
use crate::import::opening::{Import, Imported};
use crate::output::confirm;

/// `bankd import`.
pub async fn import(args: &ImportArgs) -> Result<(), CommandError> {
    let dir = DataDir::create(&args.data.data)?;
    let bank = dir.open_as_served().await?;
    let file = Import {
        path: args.file.clone(),
        format: args.format,
        tsv_scale: args.tsv_scale,
        currency: args.currency,
        known: if args.all_new { Known::IsRefused } else { Known::Stays },
        must_change: args.must_change,
    };
    let imported = file.open_in(&bank, &dir.books()?).await?;
    confirm(args.output.output, &ImportView::of(&imported), &format!("{imported}\n"))
}

#[derive(Serialize)]
pub(super) struct ImportView {
    accounts: usize,
    totals: Vec<TotalView>,
    known: usize,
}

impl ImportView {
    fn of(imported: &Imported) -> ImportView {
        let Imported { opened, known } = imported;
        ImportView { accounts: opened.accounts(), totals: total_views(opened), known: *known }
    }
}
