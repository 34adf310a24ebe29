-- Owns the search for the logins of one address or one device, by its mask.
-- Never: the raw value or the key: neither reaches the server, its log or its statistics.
--
-- As a role that may read user_logins:
--
--     psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -v mask=MASK -f sql/operator/find_by_mask.sql
--
-- MASK without a key is the SHA-256 of the exact text:
--
--     printf %s 199.172.111.135 | sha256sum
--
-- and with a key (the kind is ip or device_id, and an IPv6 address is written in its short form):
--
--     python3 -c 'import hmac,sys; k=open(sys.argv[1],"rb").read().removesuffix(b"\n"); h=lambda b: hmac.new(k,b,"sha256").hexdigest(); print(h(b"login-drain key id")[:8]+":"+h(sys.argv[2].encode()+b"\0"+sys.argv[3].encode()))' MASK_KEY_FILE ip 199.172.111.135
--
-- Rows that were stored under an earlier key have another mask: search once for each key.
SELECT
    user_id, device_type, locale, app_version, create_date,
    masked_ip = :'mask'        AS same_ip,
    masked_device_id = :'mask' AS same_device
FROM user_logins
WHERE masked_ip = :'mask' OR masked_device_id = :'mask'
ORDER BY create_date, user_id;
