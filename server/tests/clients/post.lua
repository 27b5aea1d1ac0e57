-- wrk: the payload that the environment names, and a count of every status but 200
wrk.method = "POST"
wrk.body = os.getenv("PAYLOAD")

local threads = {}
function setup(thread) table.insert(threads, thread) end
function init() others = 0 end
function response(status) if status ~= 200 then others = others + 1 end end
function done(summary)
    local others = 0
    for _, thread in ipairs(threads) do others = others + thread:get("others") end
    local e = summary.errors
    io.write(string.format("requests=%d others=%d errors=%d\n", summary.requests, others,
        e.connect + e.read + e.write + e.timeout))
end
