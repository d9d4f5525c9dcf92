-- The words of every category that a ticket was ever in, each marked as a category's, by which like tickets are found. Built whole. Writes
-- f_category_words.
CREATE OR REPLACE TABLE f_category_words AS
SELECT category, array_to_string(list_transform(plain_words(category), lambda w: 'category:' || w), ' ') AS words
FROM (SELECT DISTINCT category FROM f_intervals WHERE category IS NOT NULL);
