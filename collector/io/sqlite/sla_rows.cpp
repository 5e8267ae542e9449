#include "collector/io/sqlite/sla_rows.hpp"

#include "collector/io/sqlite/rows.hpp"

namespace aftercare::collector::sqlite {

Result<std::vector<SlaTerms>> read_terms(SQLite::Database& database) {
    SQLite::Statement select(database, "SELECT terms_id, text FROM sla_terms ORDER BY terms_id");
    std::vector<SlaTerms> all;
    while (select.executeStep()) {
        Row row(select);
        const std::string id = row.text();
        Result<SlaTerms> terms = parse_terms(id, row.text());
        if (!terms) return fail(terms.error());
        all.push_back(std::move(*terms));
    }
    return all;
}

}  // namespace aftercare::collector::sqlite
