-- The words by which like tickets are found: those of the subject, and the first ten of the resolution note. Writes chunk_words.
CREATE OR REPLACE TEMP VIEW chunk_words AS
SELECT
    ticket_key,
    array_to_string(plain_words(subject), ' ') AS subject_words,
    array_to_string(plain_words(resolution_note)[:10], ' ') AS note_words
FROM tk;
