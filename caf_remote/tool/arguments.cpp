// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/tool/arguments.hpp"

#include "caf_remote/tool/command_line.hpp"
#include "caf_remote/tool/error.hpp"
#include "caf_remote/tool/output.hpp"

#include <string_view>
#include <utility>

namespace caf_remote::tool {

namespace {

const option& find_option(const std::string& word) {
  if (word == "-h")
    return find_option("--help");
  std::vector<std::string_view> known;
  for (auto& x : options_table()) {
    if (x.name == word)
      return x;
    known.push_back(x.name);
  }
  // all options begin with two
  auto hint = word.compare(0, 2, "--") == 0
                ? suggestion(word, known)
                : "; write -- before words that begin with a dash";
  throw usage_error{"unknown option " + printable(word) + hint};
}

/// Tells options from negative numbers, which are JSON.
bool is_option(const std::string& word) {
  return word.size() > 1 && word[0] == '-' && (word[1] < '0' || word[1] > '9');
}

class parser {
public:
  explicit parser(const std::vector<std::string>& words) : words_(words) {
    // nop
  }

  arguments parse() {
    while (pos_ < words_.size())
      next();
    if (result_.help || result_.version) {
      // whatever else is there
      if (!positionals_.empty())
        result_.command = get_command(positionals_.front()).name;
      return std::move(result_);
    }
    assign_positionals();
    return std::move(result_);
  }

private:
  void next() {
    auto& word = words_[pos_++];
    if (only_positionals_ || !is_option(word))
      positionals_.push_back(word);
    else if (word == "--")
      only_positionals_ = true;
    else
      read_option(word);
  }

  void read_option(const std::string& word) {
    auto sign = word.find('=');
    auto& opt = find_option(word.substr(0, sign));
    std::string value;
    if (sign != std::string::npos)
      value = word.substr(sign + 1);
    if (opt.value == nullptr && sign != std::string::npos)
      throw usage_error{std::string{opt.name} + " takes no value"};
    if (opt.value != nullptr && sign == std::string::npos) {
      if (pos_ == words_.size())
        throw usage_error{std::string{opt.name} + " needs a value"};
      value = words_[pos_++];
    }
    opt.set(result_, opt.name, value);
    given_.push_back(&opt);
  }

  void assign_positionals() {
    if (positionals_.empty())
      throw usage_error{"no command given"};
    result_.command = positionals_.front();
    auto& cmd = get_command(result_.command);
    for (auto opt : given_)
      if (!takes(cmd, *opt))
        throw usage_error{std::string{cmd.name} + " does not take "
                          + opt->name};
    size_t i = 1;
    for (auto& word : cmd.words) {
      if (i == positionals_.size()) {
        if (word.optional)
          break;
        throw usage_error{std::string{word.name}
                          + " is missing: " + synopsis(cmd)};
      }
      word.check(positionals_[i]);
      result_.*word.member = positionals_[i++];
    }
    if (i < positionals_.size())
      throw usage_error{"'" + printable(positionals_[i])
                        + "' is too much: " + synopsis(cmd)};
  }

  const std::vector<std::string>& words_;
  size_t pos_ = 0;
  bool only_positionals_ = false;
  std::vector<std::string> positionals_;
  std::vector<const option*> given_;
  arguments result_;
};

} // namespace

arguments parse_arguments(const std::vector<std::string>& words) {
  return parser{words}.parse();
}

} // namespace caf_remote::tool
