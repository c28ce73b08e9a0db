// What one.cpp and two.cpp have both, each for itself, with a NUMBER of its own.

static int multiply(int number) {
    return number * NUMBER;
}

static auto make_lambda() {
    return [](int number) { return number * (NUMBER + 1); };
}

namespace {

struct functor {
    int operator()(int number) const { return number * (NUMBER + 2); }
};

constexpr auto lambda_in_namespace = [](int number) { return number * (NUMBER + 3); };

std::vector<test::known_callable> own_callables() {
    std::vector<test::known_callable> all{test::known("static function", bobbin::fn<&multiply>())};
    all.push_back(test::known("lambda in a static function", make_lambda()));
    all.push_back(test::known("anonymous functor", functor()));
    all.push_back(test::known("lambda in an anonymous namespace", lambda_in_namespace));
    return all;
}

}  // namespace
