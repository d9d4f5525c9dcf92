SELECT month, client_id AS client, sum(amount) AS amount FROM placed WHERE kind <> 'overhead' GROUP BY ALL
