// SAC on Pendulum-v1 by RLtools, whose headers come from elsewhere: bench/sac compiles this where RLTOOLS names
// its source. WANT_HIDDEN, WANT_BATCH and WANT_STEPS are constants of the program, as all sizes in RLtools are.
//
// Prints one line of JSON: seconds per step of its loop (acting, sampling, one update), and the mean return of
// 100 episodes of the policy that came out.

#define RL_TOOLS_NN_DISABLE_GENERIC_FORWARD_BACKWARD

#include <rl_tools/operations/cpu_mux.h>
#include <rl_tools/nn/optimizers/adam/instance/operations_generic.h>
#include <rl_tools/nn/operations_cpu_mux.h>
#include <rl_tools/nn/layers/sample_and_squash/operations_generic.h>
#include <rl_tools/rl/environments/pendulum/operations_cpu.h>
#include <rl_tools/nn_models/mlp/operations_generic.h>
#include <rl_tools/nn_models/sequential/operations_generic.h>
#include <rl_tools/nn_models/random_uniform/operations_generic.h>
#include <rl_tools/nn/optimizers/adam/operations_generic.h>

#include <rl_tools/rl/algorithms/sac/loop/core/config.h>
#include <rl_tools/rl/loop/steps/evaluation/config.h>
#include <rl_tools/rl/algorithms/sac/loop/core/operations_generic.h>
#include <rl_tools/rl/loop/steps/evaluation/operations_generic.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>

namespace rlt = rl_tools;
using DEVICE = rlt::devices::DEVICE_FACTORY<>;
using RNG = DEVICE::SPEC::RANDOM::ENGINE<>;
using T = float;
using TYPE_POLICY = rlt::numeric_types::Policy<T, rlt::numeric_types::UseCase<rlt::numeric_types::categories::Accumulator, T>>;
using TI = typename DEVICE::index_t;
using ENVIRONMENT = rlt::rl::environments::Pendulum<rlt::rl::environments::pendulum::Specification<T, TI, rlt::rl::environments::pendulum::DefaultParameters<T>>>;

struct PARAMETERS : rlt::rl::algorithms::sac::loop::core::DefaultParameters<TYPE_POLICY, TI, ENVIRONMENT> {
	struct SAC_PARAMETERS : rlt::rl::algorithms::sac::DefaultParameters<TYPE_POLICY, TI, ENVIRONMENT::ACTION_DIM> {
		static constexpr TI ACTOR_BATCH_SIZE = WANT_BATCH;
		static constexpr TI CRITIC_BATCH_SIZE = WANT_BATCH;
	};
	static constexpr TI STEP_LIMIT = WANT_STEPS;
	static constexpr TI REPLAY_BUFFER_CAP = WANT_STEPS;
	static constexpr TI N_WARMUP_STEPS = WANT_BATCH;
	static constexpr TI N_WARMUP_STEPS_CRITIC = WANT_BATCH;
	static constexpr TI N_WARMUP_STEPS_ACTOR = WANT_BATCH;
	static constexpr TI ACTOR_NUM_LAYERS = 3;
	static constexpr TI ACTOR_HIDDEN_DIM = WANT_HIDDEN;
	static constexpr TI CRITIC_NUM_LAYERS = 3;
	static constexpr TI CRITIC_HIDDEN_DIM = WANT_HIDDEN;
};
using CORE = rlt::rl::algorithms::sac::loop::core::Config<TYPE_POLICY, TI, RNG, ENVIRONMENT, PARAMETERS, rlt::rl::algorithms::sac::loop::core::ConfigApproximatorsMLP>;
struct EVALUATION : rlt::rl::loop::steps::evaluation::Parameters<TYPE_POLICY, TI, CORE> {
	static constexpr TI EVALUATION_INTERVAL = WANT_STEPS - 1; // as the last step begins
	static constexpr TI NUM_EVALUATION_EPISODES = 100;
	static constexpr TI N_EVALUATIONS = 2;
};
using LOOP = rlt::rl::loop::steps::evaluation::Config<CORE, EVALUATION>;

int main(int argc, char** argv) {
	TI seed = argc > 1 ? std::atoi(argv[1]) : 1;
	std::cout.setstate(std::ios::failbit); // its log
	DEVICE device;
	static LOOP::State<LOOP> state;
	rlt::malloc(device, state);
	rlt::init(device, state, seed);
	auto now = [] { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); };
	double began = 0, ended = 0;
	for (TI step = 0;; step++) {
		if (step == WANT_BATCH + 50) {
			began = now();
		}
		if (step == WANT_STEPS - 1) {
			ended = now();
		}
		if (rlt::step(device, state)) {
			break;
		}
	}
	std::printf("{\"loop_s\": [%.9g], \"return\": %.6g}\n", (ended - began) / (WANT_STEPS - 1 - WANT_BATCH - 50), (double)rlt::get(state.evaluation_results, 0, 1).returns_mean);
	return 0;
}
