# GaussSuppression: small counts withheld over the whole tree, the tables of all segments linked by one formula. With
# `default` as its function comes: it lays out the empty cells too, and hides some of them in the place of others.
arguments <- commandArgs(trailingOnly = TRUE)
empty <- "default" %in% arguments
suppressPackageStartupMessages(library(GaussSuppression))
people <- read.csv(file.path(arguments[1], "people.csv"), colClasses = "character")
people$freq <- as.numeric(people$freq)
units <- read.csv(file.path(arguments[1], "units.csv"), colClasses = "character", na.strings = "")
segments <- setdiff(names(people), c("unit", "freq"))

# The units with people, as one column a level: a column below the root for each level of the tree.
parent <- setNames(units$parent, units$unit)
path <- list(people$unit)
while (!all(is.na(above <- unname(parent[path[[1]]])))) path <- c(list(above), path)
levels <- paste0("level", seq_along(path) - 1)
for (i in seq_along(levels)) people[[levels[i]]] <- path[[i]]

nested <- paste(levels[-1], collapse = " + ")
formula <- as.formula(paste("~ (", nested, ") * (", paste(segments, collapse = " + "), ")"))
result <- SuppressSmallCounts(people, maxN = 4, protectZeros = FALSE, formula = formula, freqVar = "freq",
                              extend0 = empty, printInc = FALSE)
result <- as.data.frame(result)
root <- units$unit[is.na(units$parent)]
unit <- rep(root, nrow(result))
for (level in levels[-1]) {
  here <- result[[level]] != "Total"
  unit[here] <- result[[level]][here]
}
segment <- rep("all", nrow(result))
category <- rep("all", nrow(result))
for (name in segments) {
  here <- result[[name]] != "Total"
  segment[here] <- name
  category[here] <- result[[name]][here]
}
pattern <- data.frame(unit, segment, category, shown = as.integer(!result$suppressed))
write.csv(pattern, arguments[2], row.names = FALSE, quote = FALSE)
