//! `log_restock_check`: stock against thresholds and burn rate, and draft requisitions for what will run short.
//!
//! Input, else options: `days` (1–365, default 30) over which consumption is measured; `lead_days` (0–365, default 7) that an order
//! takes. Quantities are rounded up to whole units.
//!
//! ```text
//!   burn = used in `days` / days                        days left = on hand / burn
//!   order when  on hand + on order − burn × lead  <  threshold     (it falls below before an order made today is there)
//!   quantity  = target + burn × lead − on hand − on order          (target unknown: the threshold)
//! ```
//! Constraints: one run orders once, whatever happens to it, and two runs never order the same; a dry run only tells.

use super::super::{Context, Outcome, Playbook, PlaybookError, Running};
use super::{figure, plain, unless_more};
use crate::store::Role;
use crate::store::playbooks::{NewRequisition, Stock};
use model::UnixMicros;
use serde_json::{Value, json};

const DAY_US: i64 = 86_400_000_000;
const LINES_MAX: usize = 60;
const RESULT_MAX: usize = 1_000;
/// Less than this is a rounding of floating point, not a need.
const NOTHING: f64 = 1e-6;

#[derive(Debug)]
pub(crate) struct RestockCheck;

impl Playbook for RestockCheck {
    fn id(&self) -> &'static str {
        "log_restock_check"
    }

    fn signature(&self) -> Value {
        json!({"type": "object", "properties": {
            "days": {"type": "integer", "minimum": 1, "maximum": 365, "default": 30},
            "lead_days": {"type": "integer", "minimum": 0, "maximum": 365, "default": 7},
        }})
    }

    fn run<'a>(&'a self, context: &'a Context) -> Running<'a> {
        Box::pin(check(context))
    }
}

/// What is to be thought of one supply.
#[derive(Clone, Debug, PartialEq)]
struct View {
    burn_per_day: f64,
    days_left: Option<f64>,
    /// `empty`, `below`, `soon` or `enough`.
    state: &'static str,
    /// 0: nothing to order.
    order: f64,
}

fn view(stock: &Stock, lead_days: f64) -> View {
    let burn_per_day = stock.used / stock.days;
    let used_until_then = burn_per_day * lead_days;
    let short = stock.on_hand + stock.on_order - used_until_then < stock.threshold - NOTHING;
    let state = if stock.on_hand <= 0.0 && (0.0 < stock.threshold || 0.0 < burn_per_day) {
        "empty"
    } else if stock.on_hand < stock.threshold {
        "below"
    } else if stock.on_hand - used_until_then < stock.threshold - NOTHING {
        "soon"
    } else {
        "enough"
    };
    let wanted = stock.target.unwrap_or(stock.threshold).max(stock.threshold) + used_until_then - stock.on_hand - stock.on_order;
    View {
        burn_per_day,
        days_left: (0.0 < burn_per_day).then(|| stock.on_hand.max(0.0) / burn_per_day),
        state,
        order: if short { (wanted - NOTHING).ceil().max(0.0) } else { 0.0 },
    }
}

fn requisition(stock: &Stock, view: &View, lead_days: f64, now: UnixMicros) -> Option<NewRequisition> {
    if view.order <= 0.0 {
        return None;
    }
    let (priority, left) = match view.days_left {
        _ if view.state == "empty" => ("critical", Some(0.0)),
        Some(days) if days < lead_days => ("critical", Some(days)),
        left => (if view.state == "below" { "high" } else { "medium" }, left),
    };
    let days = left.map(|days| (days * DAY_US as f64).min(1e17) as i64);
    Some(NewRequisition {
        sku: stock.sku.clone(),
        quantity: view.order,
        unit: stock.unit.clone(),
        priority,
        reason: format!("log_restock_check: {}", text(stock, view)),
        needed_by: days.map(|us| now.plus_micros(us)),
    })
}

/// Plain numbers with units, of one supply.
fn text(stock: &Stock, view: &View) -> String {
    let unit = &stock.unit;
    let mut out = format!("{} {unit} on hand, threshold {}", figure(stock.on_hand), figure(stock.threshold));
    if 0.0 < view.burn_per_day {
        out.push_str(&format!(", {} a day used over {} days", figure(view.burn_per_day), figure(stock.days)));
    }
    if let Some(days) = view.days_left {
        out.push_str(&format!(", {} days left", figure(days)));
    }
    if 0.0 < stock.on_order {
        out.push_str(&format!(", {} {unit} on order", figure(stock.on_order)));
    }
    out
}

async fn check(context: &Context) -> Result<Outcome, PlaybookError> {
    if !context.roles.contains(Role::Logistics) {
        return Err(PlaybookError::Refused("stock is kept by logistics: ask where the data of logistics may be seen".into()));
    }
    let days = context.number("days", 30, (1, 365));
    let lead_days = context.number("lead_days", 7, (0, 365)) as f64;
    let now = context.now;
    let decide = |all: &[Stock]| -> Vec<NewRequisition> {
        all.iter().filter_map(|stock| requisition(stock, &view(stock, lead_days), lead_days, now)).collect()
    };
    let by = format!("log_restock_check for {}", context.requested_by);
    let (stock, made) = context.store.restock(&context.key, &by, (days, now), context.dry_run, decide).await?;
    context.log(format!("{} supplies, {} requisitions", stock.len(), made.len()));
    let views: Vec<(&Stock, View)> = stock.iter().map(|s| (s, view(s, lead_days))).collect();
    // In an attempt after the first, what the first ordered counts.
    let orders = |stock: &Stock, view: &View| {
        if context.dry_run {
            (0.0 < view.order).then_some((view.order, None))
        } else {
            made.iter().find(|m| m.sku == stock.sku).map(|m| (m.quantity, Some(m.id)))
        }
    };
    let watched: Vec<&(&Stock, View)> = views.iter().filter(|(s, v)| v.state != "enough" || orders(s, v).is_some()).collect();
    let ordered = views.iter().filter(|(s, v)| orders(s, v).is_some()).count();
    let would = if context.dry_run { "would be drafted (dry run)" } else { "drafted" };
    let mut markdown = format!("**Stock**: {} supplies, {} to watch, {ordered} requisitions {would}\n\n", stock.len(), watched.len());
    for (stock, view) in watched.iter().take(LINES_MAX) {
        let order = orders(stock, view).map_or_else(String::new, |(quantity, id)| {
            let number = id.map_or_else(String::new, |id| format!(" (requisition {id})"));
            format!(" → order {} {}{number}", figure(quantity), plain(&stock.unit))
        });
        markdown.push_str(&format!(
            "- **{}** {} ({}): {}{order}\n",
            view.state,
            plain(&stock.name),
            plain(&stock.sku),
            plain(&text(stock, view))
        ));
    }
    markdown.push_str(&unless_more(watched.len(), LINES_MAX));
    if watched.is_empty() {
        markdown.push_str("Everything is above its threshold, and stays so until an order would be there.\n");
    }
    let shown = watched.iter().take(RESULT_MAX).map(|(s, v)| {
        let order = orders(s, v);
        json!({
            "sku": s.sku, "name": s.name, "unit": s.unit, "state": v.state, "on_hand": s.on_hand, "threshold": s.threshold, "target": s.target,
            "on_order": s.on_order, "burn_per_day": v.burn_per_day, "days_left": v.days_left, "order": order.map(|o| o.0),
            "requisition_id": order.and_then(|o| o.1),
        })
    });
    let result = json!({
        "days": days, "lead_days": lead_days, "dry_run": context.dry_run, "supplies": stock.len(), "requisitions": ordered, "watched": watched.len(),
        "items": shown.collect::<Vec<_>>(),
    });
    Ok(Outcome { markdown, result })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stock(on_hand: f64, threshold: f64, target: Option<f64>, used: f64, on_order: f64) -> Stock {
        Stock { sku: "MRE".into(), name: "Meals".into(), unit: "each".into(), on_hand, threshold, target, used, days: 30.0, on_order }
    }

    #[test]
    fn what_falls_short_before_an_order_is_there_is_ordered() {
        // (on hand, threshold, target, used in 30 days, on order) → (state, order)
        for (given, expected) in [
            (stock(100.0, 50.0, Some(200.0), 0.0, 0.0), ("enough", 0.0)),
            (stock(40.0, 50.0, Some(200.0), 0.0, 0.0), ("below", 160.0)),
            (stock(50.0, 50.0, Some(200.0), 0.0, 0.0), ("enough", 0.0)),
            (stock(60.0, 50.0, Some(200.0), 60.0, 0.0), ("soon", 154.0)),
            (stock(60.0, 50.0, None, 60.0, 0.0), ("soon", 4.0)),
            (stock(40.0, 50.0, Some(200.0), 0.0, 160.0), ("below", 0.0)),
            (stock(40.0, 50.0, Some(200.0), 0.0, 5.0), ("below", 155.0)),
            (stock(0.0, 10.0, Some(9.5), 0.0, 0.0), ("empty", 10.0)),
            (stock(0.0, 0.0, None, 0.0, 0.0), ("enough", 0.0)),
            (stock(-3.0, 0.0, None, 30.0, 0.0), ("empty", 10.0)),
            (stock(10.0, 2.0, Some(10.0), 0.3, 0.0), ("enough", 0.0)),
        ] {
            let found = view(&given, 7.0);
            assert_eq!((found.state, found.order), expected, "{given:?}");
        }
        let soon = stock(13.0, 0.0, Some(60.0), 60.0, 0.0);
        let made = requisition(&soon, &view(&soon, 7.0), 7.0, UnixMicros(0)).unwrap();
        assert_eq!((made.priority, made.needed_by.unwrap().0), ("critical", 6 * DAY_US + DAY_US / 2));
        assert!(made.reason.ends_with("13 each on hand, threshold 0, 2 a day used over 30 days, 6.5 days left"), "{}", made.reason);
    }
}
