/**
 * What an R kernel is asked about its variables, and what is installed beside it, in base R alone. IRkernel answers no user expressions and says nothing
 * when it is silent, so the answer is printed, between two marks.
 */
import type { JsonObject } from '#lib/model/json.ts';

const SOURCE = String.raw`
NAMES <- 500L; COLUMNS <- 100L; WIDTH <- 160L

text <- function(x) {
	x <- iconv(enc2utf8(as.character(x)), "UTF-8", "UTF-8", sub = "?")
	x[is.na(x)] <- "NA"
	x <- gsub("[[:space:]]+", " ", x)
	ifelse(nchar(x) > WIDTH, paste0(substr(x, 1L, WIDTH - 1L), "\u2026"), x)
}
escape <- function(x) {
	codes <- utf8ToInt(x)
	parts <- vapply(codes, function(code) {
		if (code == 34L) return("\\\"")
		if (code == 92L) return("\\\\")
		if (code >= 32L && code < 127L) return(intToUtf8(code))
		if (code < 65536L) return(sprintf("\\u%04x", code))
		code <- code - 65536L
		sprintf("\\u%04x\\u%04x", 55296L + code %/% 1024L, 56320L + code %% 1024L)
	}, "")
	paste0("\"", paste(parts, collapse = ""), "\"")
}
string <- function(x) vapply(text(x), function(one) if (nzchar(one)) escape(one) else "\"\"", "", USE.NAMES = FALSE)
list_of <- function(x) paste0("[", paste(x, collapse = ","), "]")
object <- function(...) {
	fields <- list(...)
	paste0("{", paste0("\"", names(fields), "\":", unlist(fields), collapse = ","), "}")
}
flag <- function(x) if (isTRUE(x)) "true" else "false"
number <- function(x) if (length(x) == 1L && is.finite(x)) format(x, scientific = FALSE, digits = 15) else "null"

shown <- function(value) {
	if (is.numeric(value) || is.complex(value)) vapply(value, function(one) format(one, digits = 8), "")
	else as.character(value)
}
preview <- function(value) {
	if (is.function(value)) return(paste0("function(", paste(names(formals(args(value))), collapse = ", "), ")"))
	if (is.data.frame(value)) return(paste(utils::head(names(value), 12L), collapse = ", "))
	if (is.factor(value)) value <- as.character(utils::head(value, 6L))
	if (is.atomic(value) && !is.null(value)) {
		some <- shown(value[seq_len(min(6L, length(value)))])
		return(paste0(paste(some, collapse = ", "), if (length(value) > 6L) ", \u2026" else ""))
	}
	if (is.list(value) && !is.object(value)) return(paste(utils::head(names(value), 12L), collapse = ", "))
	if (is.environment(value)) return("environment")
	utils::capture.output(utils::str(value, max.level = 0L, give.attr = FALSE))[1L]
}
is_table <- function(value) {
	if (is.data.frame(value) || is.matrix(value)) return(TRUE)
	(is.atomic(value) && is.null(dim(value)) && length(value) > 1L) || (is.list(value) && !is.object(value) && length(value) > 0L)
}
shape <- function(value) {
	if (is.function(value) || is.environment(value) || isS4(value)) return("null")
	size <- dim(value)
	list_of(format(if (is.null(size)) length(value) else size, scientific = FALSE, trim = TRUE))
}
describe <- function(name) {
	tryCatch({
		setTimeLimit(elapsed = 0.5, transient = TRUE)
		on.exit(setTimeLimit())
		if (bindingIsActive(as.name(name), globalenv()))
			return(object(name = string(name), type = "\"active binding\"", kind = "\"value\"", shape = "null",
				bytes = "null", preview = "\"\"", table = "false"))
		value <- get(name, envir = globalenv(), inherits = FALSE)
		call <- is.function(value)
		object(name = string(name), type = string(class(value)[1L]), kind = if (call) "\"function\"" else "\"value\"",
			shape = shape(value), bytes = if (call) "null" else number(as.numeric(utils::object.size(value))),
			preview = string(paste(preview(value), collapse = " ")), table = flag(!call && is_table(value)))
	}, error = function(problem)
		object(name = string(name), type = "\"\"", kind = "\"value\"", shape = "null", bytes = "null",
			preview = string(paste("cannot be shown:", conditionMessage(problem))), table = "false"))
}
variables <- function() {
	names <- ls(globalenv(), sorted = FALSE)
	object(variables = list_of(vapply(utils::head(names, NAMES), describe, "")), left = max(0L, length(names) - NAMES))
}

as_table <- function(value) {
	if (is.data.frame(value)) {
		labels <- if (is.character(attr(value, "row.names"))) row.names(value) else NULL
		return(list(rows = nrow(value), names = names(value), column = function(at) value[[at]], labels = labels))
	}
	if (is.matrix(value)) {
		names <- if (is.null(colnames(value))) as.character(seq_len(ncol(value))) else colnames(value)
		return(list(rows = nrow(value), names = names, column = function(at) value[, at], labels = rownames(value)))
	}
	if (is.list(value)) {
		columns <- list(
			function() vapply(value, function(one) class(one)[1L], ""),
			function() vapply(value, function(one) paste(preview(one), collapse = " "), ""))
		return(list(rows = length(value), names = c("type", "value"), column = function(at) columns[[at]](), labels = names(value)))
	}
	list(rows = length(value), names = "value", column = function(at) value, labels = names(value))
}
matching <- function(table, wanted) {
	at <- match(wanted$column, table$names)
	if (is.na(wanted$column) || is.na(at)) {
		hits <- rep(FALSE, table$rows)
		for (column in seq_along(table$names)) {
			hits <- hits | grepl(tolower(wanted$text), tolower(as.character(table$column(column))), fixed = TRUE)
		}
		return(list(how = "text", hits = hits))
	}
	values <- table$column(at)
	if (wanted$missing && wanted$op %in% c("==", "!=")) return(list(how = "column", hits = is.na(values) == (wanted$op == "==")))
	if (is.numeric(values) && !is.na(wanted$number) && wanted$op != "~") other <- wanted$number
	else {
		values <- tolower(as.character(values))
		other <- tolower(wanted$value)
	}
	hits <- if (wanted$op == "~") grepl(other, values, fixed = TRUE) else get(wanted$op, envir = baseenv())(values, other)
	list(how = "column", hits = hits & !is.na(values))
}
page <- function(request) {
	if (!exists(request$name, envir = globalenv(), inherits = FALSE)) return("{\"gone\":true}")
	value <- get(request$name, envir = globalenv(), inherits = FALSE)
	if (!is_table(value)) return("{\"gone\":true}")
	table <- as_table(value)
	table$column <- local({ column <- table$column; function(at) { x <- column(at); if (is.list(x)) vapply(x, function(one)
		paste(preview(one), collapse = " "), "") else if (is.factor(x)) as.character(x) else x } })
	left <- max(0L, length(table$names) - COLUMNS)
	names <- utils::head(table$names, COLUMNS)
	positions <- seq_len(table$rows)
	how <- NULL
	if (!is.null(request$filter)) {
		found <- matching(list(rows = table$rows, names = names, column = table$column), request$filter)
		how <- found$how
		positions <- which(found$hits)
	}
	if (!is.na(request$column) && request$column >= 1L && request$column <= length(names)) {
		keys <- table$column(request$column)[positions]
		positions <- positions[order(keys, decreasing = request$descending, na.last = TRUE, method = "radix")]
	}
	shown_rows <- positions[seq_len(length(positions)) > request$from & seq_len(length(positions)) <= request$from + request$count]
	columns <- lapply(seq_along(names), function(at) table$column(at))
	cells <- lapply(columns, function(column) string(shown(column[shown_rows])))
	rows <- vapply(seq_along(shown_rows), function(i) object(at = shown_rows[i] - 1L,
		label = if (is.null(table$labels)) "null" else string(table$labels[shown_rows[i]]),
		cells = list_of(vapply(cells, function(column) column[i], ""))), "")
	heads <- vapply(seq_along(names), function(at) object(name = string(names[at]), type = string(class(columns[[at]])[1L]),
		numeric = flag(is.numeric(columns[[at]]))), "")
	object(from = request$from, total = length(positions), all = table$rows, searched = "null",
		filter = if (is.null(how)) "null" else string(how), left = left, columns = list_of(heads), rows = list_of(rows))
}
packages <- function() {
	found <- utils::installed.packages(fields = character())[, c("Package", "Version"), drop = FALSE]
	# the first on the path is the one that is loaded
	found <- found[!duplicated(found[, "Package"]), , drop = FALSE]
	paste0("{", paste0(string(found[, "Package"]), ":", string(found[, "Version"]), collapse = ","), "}")
}
`;

/**
 * The code of a question. `mark` is a fresh word that the answer stands between. What people typed comes in as R string
 * literals of nothing but ASCII.
 */
export function rQuestion(request: JsonObject, mark: string): string {
	const call =
		request.do === 'table' ? `page(${rValue(request)})` : `${request.do as 'variables' | 'packages'}()`;
	// A namespace of its own above base: names that the user has given to functions of base do not matter.
	return (
		`base::local({\n${SOURCE}\n` +
		`was <- options(warn = -1L, OutDec = ".")\n` +
		`answer <- tryCatch(${call}, error = function(problem) object(error = string(conditionMessage(problem))))\n` +
		`options(was)\n` +
		`cat("${mark}", answer, "${mark}", sep = "")\ninvisible(NULL)\n` +
		`}, envir = base::new.env(parent = base::baseenv()))`
	);
}

/** A JSON value as an R expression: objects as lists, null as NA, texts as literals. */
function rValue(value: unknown): string {
	if (typeof value === 'string') return rString(value);
	if (typeof value === 'number') return Number.isFinite(value) ? String(value) : 'NA';
	if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
	if (typeof value !== 'object' || value === null) return 'NA';
	return `list(${Object.entries(value)
		.filter(([key, one]) => one !== undefined && !(key === 'filter' && one === null))
		.map(([key, one]) => `\`${key}\` = ${rValue(one)}`)
		.join(', ')})`;
}

/** An R string literal; NUL and half a surrogate pair, which R cannot hold, become U+FFFD. */
export function rString(text: string): string {
	let literal = '';
	for (const sign of text) {
		const code = sign.codePointAt(0)!;
		const lone = code === 0 || (code >= 0xd800 && code <= 0xdfff);
		literal += /^[ !#-[\]-~]$/.test(sign) ? sign : `\\U{${(lone ? 0xfffd : code).toString(16)}}`;
	}
	return `"${literal}"`;
}
